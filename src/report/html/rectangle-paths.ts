import { element, type MarkupElement } from './markup.js';
import { shortPath } from './path-data.js';

/**
 * Rectangles of one group that look alike as one path, in a quarter of the characters: a heat map has hundreds of them.
 * Those with round corners, and groups that hold anything else, stay as they are.
 */
export function rectanglesAsPaths(shapes: readonly MarkupElement[]): readonly MarkupElement[] {
  if (shapes.length < 2 || !shapes.every(isPlainRectangle)) return shapes;
  const paths = new Map<string, { look: MarkupElement['attributes']; parts: string[] }>();
  for (const { attributes } of shapes) {
    const { x, y, width, height, ...look } = attributes;
    const key = JSON.stringify(look);
    const path = paths.get(key) ?? { look, parts: [] };
    paths.set(key, path);
    path.parts.push(`M${x},${y}H${Number(x) + Number(width)}V${Number(y) + Number(height)}H${x}Z`);
  }
  return [...paths.values()].map(({ look, parts }) => {
    const data = parts.join('');
    return element('path', { ...look, d: shortPath(data) ?? data });
  });
}

function isPlainRectangle({ tag, attributes, children }: MarkupElement): boolean {
  return (
    tag === 'rect' &&
    attributes.rx === undefined &&
    attributes.ry === undefined &&
    children.length === 0 &&
    [attributes.x, attributes.y, attributes.width, attributes.height].every((number) =>
      Number.isFinite(Number(number)),
    )
  );
}
