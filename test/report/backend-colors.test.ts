import { expect, it } from 'vitest';
import { backendColors, furthestBackends } from '../../src/report/html/backend-colors.js';
import { backend, latency, run } from './fixture.js';

const address = (index: number) => `10.0.0.${index}:80`;

/** Twelve backends alike, but for what `different` says of some. */
function twelve(different: Readonly<Record<number, { share?: number; p99?: number }>>) {
  return run({
    backends: Array.from({ length: 12 }, (_, index) => {
      const { share = 1 / 12, p99 = 20 } = different[index] ?? {};
      return backend({
        address: address(index),
        count: 100,
        share,
        expectedShare: 1 / 12,
        serviceMs: { ...latency(100, 5), p99 },
      });
    }),
  });
}

it('gives all backends a colour where there are enough', () => {
  const colors = backendColors([run()]);
  expect(colors.byShare).toEqual(['127.0.0.1:8001', '127.0.0.1:8002']);
  expect(colors.byTime).toEqual(colors.byShare);
  expect(colors.byShare.map(colors.of)).toEqual([0, 1]);
});

it('names those that are furthest off in any run, the same in each run', () => {
  const colors = backendColors([
    twelve({ 9: { share: 0.2 }, 4: { share: 0.01 }, 2: { p99: 31 }, 0: { p99: 1 } }),
    twelve({ 7: { share: 0.15 }, 9: { p99: 90 }, 11: { p99: 40 } }),
  ]);
  expect(colors.byShare).toEqual([4, 7, 9].map(address));
  expect(colors.byTime).toEqual([2, 9, 11].map(address));
  // Backend 9 is notable for both, and of one colour.
  expect([2, 4, 7, 9, 11].map((index) => colors.of(address(index)))).toEqual([0, 1, 2, 3, 4]);
  expect(colors.of(address(1))).toBeUndefined();
});

it('takes the first where none is further off than another', () => {
  expect(furthestBackends([twelve({})], () => () => 0, 2)).toEqual([0, 1].map(address));
});
