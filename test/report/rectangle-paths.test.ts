import { expect, it } from 'vitest';
import { element, serialize } from '../../src/report/html/markup.js';
import { rectanglesAsPaths } from '../../src/report/html/rectangle-paths.js';

const rect = (x: number, more: Record<string, number> = {}) =>
  element('rect', { x, y: 4, width: 10, height: 20, ...more });
const text = (shapes: ReturnType<typeof rect>[]) => rectanglesAsPaths(shapes).map(serialize).join('');

it('writes rectangles that look alike as one path', () => {
  expect(
    text([
      rect(0, { 'fill-opacity': 0.5 }),
      rect(10, { 'fill-opacity': 1 }),
      rect(20, { 'fill-opacity': 0.5 }),
    ]),
  ).toBe(
    '<path fill-opacity="0.5" d="M0 4h10v20h-10zM20 4h10v20h-10z"></path><path fill-opacity="1" d="M10 4h10v20h-10z"></path>',
  );
});

it('leaves round corners, single rectangles and mixed groups alone', () => {
  for (const shapes of [[rect(0, { rx: 2 }), rect(10, { rx: 2 })], [rect(0)], [rect(0), element('line')]]) {
    expect(rectanglesAsPaths(shapes)).toBe(shapes);
  }
});
