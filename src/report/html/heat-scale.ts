/** How dark the cells of all heat maps are. */
export interface HeatScale {
  /** What the darkest cell stands for: the most requests in flight. */
  readonly most: number;
  /** Whether shades follow the square root. */
  readonly bent: boolean;
}

/** Shades that can be told apart; cells of one shade are one shape. */
const shades = 20;

/** A typical cell below this part of the most is hardly darker than nothing. */
const paleBelow = 0.25;

/**
 * One scale for all cells. One burst would leave all others almost blank: then shades follow the square root, which shows
 * a sixteenth of the most at a quarter of its darkness.
 */
export function heatScale(cells: readonly number[]): HeatScale {
  const busy = cells.filter((cell) => cell > 0).toSorted((a, b) => a - b);
  const most = busy.at(-1) ?? 0;
  const typical = busy[Math.floor(busy.length / 2)] ?? 0;
  return { most, bent: typical < paleBelow * most };
}

/** 0 to 1: how dark a cell is. */
export function shadeOf(inFlight: number | undefined, { most, bent }: HeatScale): number {
  const part = most > 0 ? Math.min(1, (inFlight ?? 0) / most) : 0;
  return Math.round((bent ? Math.sqrt(part) : part) * shades) / shades;
}

/** What a shade stands for. */
export function inFlightOf(shade: number, { most, bent }: HeatScale): number {
  return most * (bent ? shade ** 2 : shade);
}
