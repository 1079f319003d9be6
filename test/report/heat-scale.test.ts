import { describe, expect, it } from 'vitest';
import { heatScale, inFlightOf, shadeOf } from '../../src/report/html/in-flight-heat.js';

describe('heatScale', () => {
  it('is straight where cells are alike', () => {
    const scale = heatScale([0, 0.5, 0.9, 1, 1.1, 2]);
    expect(scale).toEqual({ most: 2, bent: false });
    expect([0, 0.5, 1, 2].map((cell) => shadeOf(cell, scale))).toEqual([0, 0.25, 0.5, 1]);
  });

  it('follows the square root where one burst would leave the others blank', () => {
    const scale = heatScale([0.5, 0.5, 0.5, 1, 16]);
    expect(scale).toEqual({ most: 16, bent: true });
    expect([0, 1, 4, 16].map((cell) => shadeOf(cell, scale))).toEqual([0, 0.25, 0.5, 1]);
  });

  it('says of each shade what it stands for', () => {
    for (const cells of [
      [1, 2],
      [1, 1, 1, 100],
    ]) {
      const scale = heatScale(cells);
      for (const shade of [0, 0.25, 0.5, 1]) expect(shadeOf(inFlightOf(shade, scale), scale)).toBe(shade);
    }
  });

  it('has no shade without anything in flight, and takes 300,000 cells', () => {
    expect(shadeOf(undefined, heatScale([]))).toBe(0);
    expect(heatScale(new Array(300_000).fill(1)).most).toBe(1);
  });
});
