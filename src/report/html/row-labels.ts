import * as Plot from '@observablehq/plot';

/** Width of a character of the largest text, in units of the chart; digits are narrower than letters. */
const perCharacter = 8.2;

/** Room for the longest label, as far as it leaves room for what it names. */
export function labelWidth(labels: readonly string[], chartWidth: number): number {
  const longest = labels.reduce((most, { length }) => Math.max(most, length), 0);
  return Math.min(chartWidth * 0.38, 12 + perCharacter * longest);
}

/** What the rows of a chart are called, in line with its title. */
export function rowLabels(labels: readonly string[], marginLeft: number): Plot.Markish {
  return Plot.text(labels, {
    y: (_, index) => index,
    text: (label: string) => label,
    frameAnchor: 'left',
    textAnchor: 'start',
    dx: -marginLeft,
    fill: 'var(--soft)',
  });
}
