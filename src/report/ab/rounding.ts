/** Microseconds to whole milliseconds as ab rounds them: half a millisecond goes up. */
export function wholeMs(us: number): number {
  return Math.floor((us + 500) / 1000);
}

/**
 * A number with so many decimals exactly as C's printf writes it: a value that lies exactly between
 * two candidates goes to the even one, where `toFixed` would go up. 0.125 with 2 decimals is `0.12`.
 */
export function fixed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  // 70 more decimals hold every tie: its binary fraction has at most `decimals + 1` digits.
  const exact = value.toFixed(Math.min(100, decimals + 70));
  const point = exact.indexOf('.');
  const rest = exact.slice(point + 1 + decimals);
  if (!/^50*$/.test(rest)) return text;
  const down = exact.slice(0, decimals === 0 ? point : point + 1 + decimals);
  return Number(down.at(-1)) % 2 === 0 ? down : text;
}
