import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shortPath } from '../../src/report/html/path-data.js';

describe('shortPath', () => {
  it.each([
    ['M46,20L60,20L60,35.25L80,35.25', 'M46 20h14v15.3h20'],
    ['M0,0L10,10L20,5Z', 'M0 0l10 10 10-5z'],
    ['M0,0C1,1,2,2,3,3C4,4,5,5,6,6', 'M0 0c1 1 2 2 3 3 1 1 2 2 3 3'],
    ['M0,0H10H25V5V-5', 'M0 0h25v5v-10'],
    ['M1,2L1,2', 'M1 2h0'],
    ['M10,10h5', undefined],
    ['M0,0A5,5,0,0,1,10,10', undefined],
    ['M0,NaN', undefined],
    ['M0', undefined],
  ])('writes %s as %s', (long, short) => {
    expect(shortPath(long)).toBe(short);
  });

  it('ends where the path ends, to a tenth, however many points there are', () => {
    const number = fc.double({ min: 0, max: 1000, noNaN: true }).map((value) => Number(value.toFixed(3)));
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { minLength: 2, maxLength: 200 }), (points) => {
        const path = shortPath(`M${points.map(([x, y]) => `${x},${y}`).join('L')}`) ?? '';
        const [x, y] = endOf(path);
        const [lastX = 0, lastY = 0] = points.at(-1) ?? [];
        expect(Math.abs(x - lastX)).toBeLessThan(0.0501);
        expect(Math.abs(y - lastY)).toBeLessThan(0.0501);
      }),
    );
  });
});

/** Where a path of moves and relative lines ends. */
function endOf(path: string): [x: number, y: number] {
  let [x, y] = [0, 0];
  for (const [, command, rest = ''] of path.matchAll(/([Mlhv])([^Mlhv]*)/g)) {
    const numbers = [...rest.matchAll(/-?\d+(?:\.\d+)?/g)].map(([number]) => Number(number));
    if (command === 'h') x += numbers[0] ?? 0;
    else if (command === 'v') y += numbers[0] ?? 0;
    else if (command === 'M') [x = 0, y = 0] = numbers;
    else
      for (let at = 0; at < numbers.length; at += 2)
        [x, y] = [x + (numbers[at] ?? 0), y + (numbers[at + 1] ?? 0)];
  }
  return [x, y];
}
