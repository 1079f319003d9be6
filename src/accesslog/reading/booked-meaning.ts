import type { UpstreamMeaning } from '../log-format/upstream-meaning.js';

/** A value of `$upstream_addr` and what is booked of it. A class, so that all of them are of one shape. */
export class BookedMeaning implements UpstreamMeaning {
  readonly kind: UpstreamMeaning['kind'];
  readonly attempts: UpstreamMeaning['attempts'];
  readonly pool: UpstreamMeaning['pool'];
  /** The main book's cells by attempt, -1 for one that names no backend; filled in when it first counts. */
  cells: Int32Array | undefined = undefined;
  /** Records not booked yet: all of one status, at the time that the timeline stands at. */
  pending = 0;
  /** -1 when the format has none. */
  pendingStatus = -1;

  constructor({ kind, attempts, pool }: UpstreamMeaning) {
    this.kind = kind;
    this.attempts = attempts;
    this.pool = pool;
  }
}
