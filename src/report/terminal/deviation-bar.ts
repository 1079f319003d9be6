/**
 * A deviation as a line that grows from the axis: `    │━━╸ ` for more than expected, ` ╺━━│    ` for less.
 * `scale` is the deviation that fills a side of `side` columns; half columns are the resolution.
 */
export function deviationBar(deviation: number | undefined, scale: number, side: number): string {
  if (deviation === undefined || !(scale > 0)) return `${' '.repeat(side)}│${' '.repeat(side)}`;
  const halves = Math.round(Math.min(1, Math.abs(deviation) / scale) * 2 * side);
  const whole = '━'.repeat(Math.floor(halves / 2));
  const half = halves % 2 === 1;
  return deviation < 0
    ? `${`${half ? '╺' : ''}${whole}`.padStart(side)}│${' '.repeat(side)}`
    : `${' '.repeat(side)}│${`${whole}${half ? '╸' : ''}`.padEnd(side)}`;
}
