import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathData } from '../../src/report/html/path-data.js';

type Point = readonly [x: number, y: number];

function lines(...points: readonly Point[]): PathData {
  const path = new PathData();
  for (const [index, [x, y]] of points.entries()) {
    if (index === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  }
  return path;
}

describe('PathData', () => {
  it.each<[string, Point[]]>([
    [
      'M46 20h14v15.3h20',
      [
        [46, 20],
        [60, 20],
        [60, 35.25],
        [80, 35.25],
      ],
    ],
    [
      'M0 0l10 10 10-5',
      [
        [0, 0],
        [10, 10],
        [20, 5],
      ],
    ],
    [
      'M0 0h25v5v-10',
      [
        [0, 0],
        [10, 0],
        [25, 0],
        [25, 5],
        [25, -5],
      ],
    ],
    [
      'M1 2h0',
      [
        [1, 2],
        [1, 2],
      ],
    ],
  ])('writes %s', (data, points) => {
    expect(`${lines(...points)}`).toBe(data);
  });

  it('writes curves, and closes', () => {
    const path = lines([0, 0]);
    path.bezierCurveTo(1, 1, 2, 2, 3, 3);
    path.bezierCurveTo(4, 4, 5, 5, 6, 6);
    path.closePath();
    path.lineTo(0, 7);
    expect(`${path}`).toBe('M0 0c1 1 2 2 3 3 1 1 2 2 3 3zv7');
  });

  it('writes rectangles beside each other', () => {
    const path = new PathData();
    path.rectangle(0, 4, 10, 20);
    path.rectangle(20, 4, 10, 20);
    expect(`${path}`).toBe('M0 4h10v20h-10zM20 4h10v20h-10z');
  });

  it('ends where the path ends, to a tenth, however many points there are', () => {
    const number = fc.double({ min: 0, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { minLength: 2, maxLength: 200 }), (points) => {
        const [x, y] = endOf(`${lines(...points)}`);
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
