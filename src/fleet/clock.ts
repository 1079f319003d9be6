/** One look at the common clock: the moment it showed lies somewhere between the two of one's own. All microseconds. */
export interface Look {
  readonly beforeUs: number;
  readonly shownUs: number;
  readonly afterUs: number;
}

/** How far the common clock is ahead of one's own, and how much of that is not known. */
export interface Offset {
  readonly us: number;
  readonly boundUs: number;
}

/**
 * Where the offset must lie if all looks are to be true (K. Marzullo, "Maintaining the Time in a Distributed System", 1984).
 * The bound holds however unlike the ways there and back are; the middle of it is only the best guess.
 *
 * @returns `undefined` when no offset fits all: a clock was set meanwhile
 */
export function offsetOf(looks: readonly Look[]): Offset | undefined {
  if (looks.length === 0) return undefined;
  const least = Math.max(...looks.map(({ shownUs, afterUs }) => shownUs - afterUs));
  const most = Math.min(...looks.map(({ shownUs, beforeUs }) => shownUs - beforeUs));
  return most < least ? undefined : { us: (least + most) / 2, boundUs: (most - least) / 2 };
}
