import type { FieldForm, SessionPlan } from '../model/plan.js';
import { randomUint32 } from './counter-random.js';
import { warmupIndexBase } from './warmup.js';

/** Which turn of which session a request is. */
export interface SessionTurn {
  /** Number of the session in the run; those of a warm-up are others. */
  readonly session: number;
  /** 0-based. */
  readonly turn: number;
}

/** Number of the draw that turns the places of a stretch, apart from all others. */
const turnDraw = -4_100_000;

/**
 * Sessions of several turns, as a pure function of seed and number of a request. So many are open at a time, each in a place of its
 * own; the requests go round the places, so that a turn comes about `open` requests after the one before. Each round begins at
 * another place, within either half of them, so that the distance of two turns meets no rotation of a balancer. A session that has had all its
 * turns makes room for a new one. The first ones are shorter, each in another measure, so that not all begin anew at once.
 */
export class Sessions {
  readonly #half: number;

  constructor(
    readonly plan: SessionPlan,
    readonly seed: number,
  ) {
    this.#half = Math.max(1, Math.floor(plan.open / 2));
  }

  turnOf(index: number): SessionTurn {
    const { turns, open } = this.plan;
    const base = index < warmupIndexBase ? 0 : warmupIndexBase;
    const round = Math.floor((index - base) / open);
    const place = this.#placeOf(round, (index - base) % open);
    const missing = place % turns;
    const inPlace = Math.floor((round + missing) / turns);
    const turn = inPlace === 0 ? round : (round + missing) % turns;
    return { session: base + place + open * inPlace, turn };
  }

  /** Two turns of one session are never nearer to each other than half of the places. */
  #placeOf(round: number, step: number): number {
    const part = Math.floor(step / this.#half);
    const start = part * this.#half;
    const size = Math.min(this.#half, this.plan.open - start);
    const shift = randomUint32(this.seed, round, turnDraw - part) % size;
    return start + ((step - start + shift) % size);
  }
}

/** Number of the draw that names a session, apart from all others. */
const nameDraw = -4_000_000;

/** Where the fields of a request's texts come from. */
export interface FieldSource {
  /** The number of a column, for `valueOf`; `undefined` for one that is not there. */
  columnOf(field: string, form: FieldForm): number | undefined;
  valueOf(index: number, column: number): string;
}

const sessionColumn = -1;
const turnColumn = -2;

/** `{session}` and `{turn}` beside the fields of a record. A session is named by 16 hexadecimal digits, a turn by its number from 1. */
export class SessionFields implements FieldSource {
  constructor(
    readonly sessions: Sessions,
    readonly seed: number,
    readonly record: FieldSource | undefined,
  ) {}

  columnOf(field: string, form: FieldForm): number | undefined {
    const own = field === 'session' ? sessionColumn : field === 'turn' ? turnColumn : undefined;
    return own ?? this.record?.columnOf(field, form);
  }

  valueOf(index: number, column: number): string {
    if (column >= 0) return this.record?.valueOf(index, column) ?? '';
    const { session, turn } = this.sessions.turnOf(index);
    if (column === turnColumn) return String(turn + 1);
    return [0, 1]
      .map((word) =>
        randomUint32(this.seed, session, nameDraw - word)
          .toString(16)
          .padStart(8, '0'),
      )
      .join('');
  }
}
