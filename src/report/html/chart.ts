import { element, type MarkupElement } from '../render/markup.js';

/**
 * Widths that a chart is drawn for, in its own units. It is shown in any width: the style sheet makes the text of a chart
 * larger where the chart is small, so that it reads alike on a phone and on a desk.
 */
const sizes = {
  /** A column of the grid, shown 300 to 520 pixels wide: one on a phone, two beside each other from a tablet on. */
  half: { half: 440 },
  /** The width of the page: from 340 to 1080 pixels is too far for one drawing. */
  whole: { 'whole-narrow': 440, 'whole-wide': 1000 },
} as const;

export type ChartSize = keyof typeof sizes;

/** One of so many charts side by side: one alone has the page for itself. */
export function sizeFor(charts: number): ChartSize {
  return charts === 1 ? 'whole' : 'half';
}

/** The class of what holds them. */
export function gridFor(charts: number): string {
  return charts === 1 ? 'grid single' : 'grid';
}

/** What is drawn, in the chart's own units. */
export interface Drawing {
  readonly height: number;
  /** From the ground up. */
  readonly shapes: readonly (MarkupElement | undefined)[];
}

/**
 * A chart as static SVG, once for each of its widths. All but one are hidden, from assistive technology too.
 *
 * @param label what the chart shows, in words, for those who do not see it
 * @param draw what is drawn for a width
 */
export function chart(size: ChartSize, label: string, draw: (width: number) => Drawing): MarkupElement[] {
  return Object.entries(sizes[size]).map(([name, width]) => {
    const { height, shapes } = draw(width);
    const viewBox = `0 0 ${width} ${height}`;
    return element('svg', { class: `plot ${name}`, viewBox, role: 'img', 'aria-label': label }, shapes);
  });
}

/** Colours of series, as the style sheet defines them for light and dark. */
export const seriesCount = 8;
const dashes = [undefined, '7 3', '2 2.5', '9 3 2 3', '4 2', '1 3', '12 3', '6 2 1 2'];

/** Large areas are drawn lighter than lines: calm to look at, and still apart from each other and the ground. */
export const areaOpacity = 0.72;

export function seriesColor(index: number | undefined): string {
  return index === undefined ? 'var(--others)' : `var(--series-${(index % seriesCount) + 1})`;
}

/** A second sign beside the colour, for those who cannot tell the colours apart. */
export function seriesDash(index: number | undefined): string | undefined {
  return index === undefined ? undefined : dashes[index % dashes.length];
}

/** A series in a legend; without a colour it is all that have none of their own. */
export interface LegendEntry {
  readonly name: string;
  readonly color: number | undefined;
}

/** What the series of charts are called, with their colour and, for lines, their dashes. */
export function legend(entries: readonly LegendEntry[], kind: 'line' | 'area'): MarkupElement | undefined {
  if (entries.length < 2) return undefined;
  return element(
    'ul',
    { class: 'legend' },
    entries.map(({ name, color }) => element('li', {}, swatch(color, kind), name)),
  );
}

function swatch(color: number | undefined, kind: 'line' | 'area'): MarkupElement {
  const shape =
    kind === 'line' && color !== undefined
      ? element('path', {
          d: 'M0,6H26',
          stroke: seriesColor(color),
          'stroke-width': 2,
          'stroke-dasharray': seriesDash(color),
        })
      : element('rect', {
          width: kind === 'line' ? 26 : 12,
          height: 12,
          rx: 2,
          fill: seriesColor(color),
          'fill-opacity': areaOpacity,
        });
  const width = kind === 'line' ? 26 : 12;
  return element('svg', { width, height: 12, viewBox: `0 0 ${width} 12`, 'aria-hidden': 'true' }, shape);
}
