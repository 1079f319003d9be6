import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatResult } from '../../src/figures/catalogue.js';
import * as format from '../../src/figures/format.js';

describe('a figure that was not measured', () => {
  it.each(Object.entries(format).filter(([name]) => name !== 'notAvailable' && name !== 'formatQuantity'))(
    'is n/a from %s, as are NaN and infinity',
    (_name, formatter) => {
      const text = formatter as (figure: number | undefined) => string;
      expect([undefined, Number.NaN, Number.POSITIVE_INFINITY].map(text)).toEqual(['n/a', 'n/a', 'n/a']);
    },
  );
});

describe('formats', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1234567, '1,234,567'],
  ])('the count %d as %s', (value, text) => {
    expect(format.formatCount(value)).toBe(text);
  });

  it.each([
    [0, '0'],
    [0.0004321, '0.00043'],
    [0.25, '0.25'],
    [9.994, '9.99'],
    [9.996, '10.0'],
    [99.94, '99.9'],
    [99.96, '100'],
    [1234.4, '1,234'],
  ])('%d milliseconds in a column as %s', (value, text) => {
    expect(format.formatMs(value)).toBe(text);
  });

  it.each([
    [0, '0 ms'],
    [0.85, '850 µs'],
    [0.9996, '1.00 ms'],
    [12.34, '12.3 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1530, '1.53 s'],
    [59_994, '60.0 s'],
    [59_996, '1 min 0 s'],
    [125_000, '2 min 5 s'],
    [7_200_000, '120 min 0 s'],
  ])('a duration of %d ms as %s', (value, text) => {
    expect(format.formatDuration(value)).toBe(text);
  });

  it.each([
    [0, '0 %'],
    [0.00001, '< 0.01 %'],
    [0.012, '1.20 %'],
    [0.224, '22.4 %'],
    [2.24, '224 %'],
    [1, '100 %'],
  ])('the ratio %d as %s', (value, text) => {
    expect(format.formatPercent(value)).toBe(text);
  });

  it.each([
    [0, '0 %'],
    [0.0004, '0 %'],
    [0.012, '+1.2 %'],
    [-0.388, '−38.8 %'],
    [-1, '−100 %'],
    [0.9996, '+100 %'],
    [15.5, '+1,550 %'],
  ])('the deviation %d as %s', (value, text) => {
    expect(format.formatDeviation(value)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [342_000, '342 kB'],
    [999_600, '1.00 MB'],
    [3.4e9, '3.40 GB'],
    [5e18, '5,000 PB'],
  ])('%d bytes as %s', (value, text) => {
    expect(format.formatBytes(value)).toBe(text);
  });

  it('rates, shares, indices, probabilities and quantities', () => {
    expect(format.formatRate(12345.6)).toBe('12,346');
    expect(format.formatShare(0.6125)).toBe('61.3 %');
    expect(format.formatIndex(0.99984)).toBe('1.000');
    expect(format.formatProbability(0.70433)).toBe('0.704');
    expect(format.formatProbability(0)).toBe('< 0.0001');
    expect(format.formatQuantity(1, 'request')).toBe('1 request');
    expect(format.formatQuantity(1000, 'request')).toBe('1,000 requests');
    expect(format.formatQuantity(2, 'retry', 'retries')).toBe('2 retries');
  });

  it('never shows something above 0 as 0 %, nor 0 as something', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (ratio) => {
        expect(format.formatPercent(ratio) === '0 %').toBe(ratio === 0);
      }),
    );
  });

  it('shows rates to three digits or a hundredth', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e9, noNaN: true }), (value) => {
        const shown = Number(format.formatRate(value).replaceAll(',', ''));
        expect(Math.abs(shown - value)).toBeLessThanOrEqual(Math.max(0.0051, value * 0.0051));
      }),
    );
  });
});

describe('a threshold value of a report that does not say its unit', () => {
  it.each([
    ['skew < 5%', 0.015, '1.50 %'],
    ['p99 < 250ms', 63.9, '63.9 ms'],
    ['p99.9{request=a} < 250ms', 63.9, '63.9 ms'],
    ['service.mean < 1s', 1630, '1.63 s'],
    ['rps > 200', 452.4, '452/s'],
    ['jain > 0.9', 0.952, '0.952'],
    ['rps > 200', undefined, 'n/a'],
    ['', 0.5, '50.0 %'],
  ])('of %j, %d, is %s', (rule, value, text) => {
    expect(formatResult({ rule, value })).toBe(text);
  });
});
