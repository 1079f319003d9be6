import type { Selection } from './line-question.js';

/** The moments of a log's records, selected by more than their time or not: they tell the window that rates belong to. */
export interface SeenTimes {
  /** Milliseconds since 1970 of the first and the last end within `--since` and `--until`; infinite before the first one. */
  readonly firstEndMs: number;
  readonly lastEndMs: number;
  /** Records were seen before `--since`, and from `--until` on, so that the log covers all between. */
  readonly isBefore: boolean;
  readonly isAfter: boolean;
}

/** Keeps the moments of records. */
export class TimeKeeper implements SeenTimes {
  firstEndMs = Number.POSITIVE_INFINITY;
  lastEndMs = Number.NEGATIVE_INFINITY;
  isBefore = false;
  isAfter = false;
  readonly #sinceMs: number;
  readonly #untilMs: number;

  constructor({ sinceMs, untilMs }: Selection) {
    this.#sinceMs = sinceMs ?? Number.NEGATIVE_INFINITY;
    this.#untilMs = untilMs ?? Number.POSITIVE_INFINITY;
  }

  /** @param loggedMs the moment that the line carries, which decides whether it lies in the time asked for */
  add(loggedMs: number, endMs: number): void {
    if (loggedMs < this.#sinceMs) this.isBefore = true;
    else if (loggedMs >= this.#untilMs) this.isAfter = true;
    else {
      if (endMs < this.firstEndMs) this.firstEndMs = endMs;
      if (endMs > this.lastEndMs) this.lastEndMs = endMs;
    }
  }

  /** Adds what another one kept. */
  addAll({ firstEndMs, lastEndMs, isBefore, isAfter }: SeenTimes): void {
    if (firstEndMs < this.firstEndMs) this.firstEndMs = firstEndMs;
    if (lastEndMs > this.lastEndMs) this.lastEndMs = lastEndMs;
    this.isBefore ||= isBefore;
    this.isAfter ||= isAfter;
  }
}

/** A stretch of time, in milliseconds since 1970. */
export interface LogWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The window that rates and requests in flight belong to: from `--since` to `--until` as far as the log covers that, else
 * from where its first line ends to where its last one does. A line that began long before does not stretch it.
 * `undefined` when no record has a time.
 */
export function windowOf(seen: readonly SeenTimes[], { sinceMs, untilMs }: Selection): LogWindow | undefined {
  const isBefore = seen.some((one) => one.isBefore);
  const isAfter = seen.some((one) => one.isAfter);
  const fromMs = isBefore && sinceMs !== undefined ? sinceMs : Math.min(...seen.map((one) => one.firstEndMs));
  const toMs = isAfter && untilMs !== undefined ? untilMs : Math.max(...seen.map((one) => one.lastEndMs));
  return Number.isFinite(fromMs) && Number.isFinite(toMs) && fromMs <= toMs ? { fromMs, toMs } : undefined;
}

/** What of a request counts as in flight: the part of it that lies in the window. */
export class InFlightBounds {
  /** Microseconds since 1970. `undefined` until the first end is known, which then is where the window begins. */
  fromUs: number | undefined;
  readonly toUs: number;

  /** @param fromMs where the window begins; 0 to leave nothing out */
  constructor(fromMs: number | undefined, { untilMs }: Selection) {
    this.fromUs = fromMs === undefined ? undefined : Math.round(fromMs * 1000);
    this.toUs = untilMs === undefined ? Number.POSITIVE_INFINITY : untilMs * 1000;
  }

  startOf(startUs: number): number {
    return Math.max(startUs, this.fromUs ?? startUs);
  }

  endOf(endUs: number): number {
    return Math.min(endUs, this.toUs);
  }
}
