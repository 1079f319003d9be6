import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixed, wholeMs } from '../../../src/report/ab/rounding.js';

describe('wholeMs', () => {
  it.each([
    [0, 0],
    [499, 0],
    [500, 1],
    [1499, 1],
    [1500, 2],
  ])('rounds %d us to %d ms', (us, ms) => {
    expect(wholeMs(us)).toBe(ms);
  });
});

describe('fixed', () => {
  // Ties, exact in binary: C rounds half to even, toFixed would give 0.13, 1, 3 and 0.3.
  it.each<[number, number, string]>([
    [0.125, 2, '0.12'],
    [0.375, 2, '0.38'],
    [0.5, 0, '0'],
    [1.5, 0, '2'],
    [2.5, 0, '2'],
    [0.25, 1, '0.2'],
    [0.0625, 3, '0.062'],
    // 1.005 is 1.00499999999999989… in binary: no tie.
    [1.005, 2, '1.00'],
  ])('writes %d with %d decimals as %s', (value, decimals, text) => {
    expect(fixed(value, decimals)).toBe(text);
  });

  it("agrees with the system's printf", () => {
    // Eighths and sixteenths make many ties; the others are ordinary fractions.
    const eighths = fc.integer({ min: 0, max: 1_000_000 }).map((n) => n / 16);
    const any = fc.double({ min: 0, max: 1e9, noNaN: true });
    const values = fc.sample(fc.oneof(eighths, any), { numRuns: 400, seed: 1 });
    // awk uses C's printf on doubles; 17 digits keep a double exact.
    const input = values.map((value) => value.toPrecision(17)).join('\n');
    const printed = execFileSync('awk', ['{ printf "%.2f %.1f\\n", $1, $1 }'], { input, encoding: 'utf8' });
    expect(values.map((value) => `${fixed(value, 2)} ${fixed(value, 1)}`)).toEqual(
      printed.trim().split('\n'),
    );
  });
});
