import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokenSeal, Seal } from '../../src/fleet/seal.js';

const seal = new Seal('correct horse');

test('opens what it has closed', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (value, use) => {
      expect(seal.open(seal.close(value, use), use, 1e6)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('opens nothing that another secret, another use or another hand has touched', () => {
  const closed = seal.close({ a: 1 }, 'job 1');
  const broken = (run: () => unknown) => expect(run).toThrow(BrokenSeal);
  broken(() => new Seal('another').open(closed, 'job 1', 1e6));
  broken(() => seal.open(closed, 'job 2', 1e6));
  for (let at = 0; at < closed.length; at++) {
    const touched = Buffer.from(closed);
    touched[at] = (touched[at] as number) ^ 1;
    broken(() => seal.open(touched, 'job 1', 1e6));
  }
  for (const length of [0, 5, 12, 28]) broken(() => seal.open(closed.subarray(0, length), 'job 1', 1e6));
});

test('inflates no more than it is told', () => {
  const bomb = seal.close('0'.repeat(10_000_000), 'x');
  expect(bomb.length).toBeLessThan(20_000);
  expect(() => seal.open(bomb, 'x', 1_000_000)).toThrow(BrokenSeal);
});
