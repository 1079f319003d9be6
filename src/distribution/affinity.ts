import type { AffinityReport } from '../model/affinity.js';
import { binomialInterval } from '../stats/binomial-interval.js';

/** Sessions remembered at a time; further ones are not looked at. */
const mostSessions = 1_000_000;

interface Session {
  last: string;
  readonly visited: Set<string>;
}

/** Counts how many turns of sessions were answered where the turn before was, and how often a session came to where it had not been. */
export class Affinity {
  readonly #sessions = new Map<number, Session>();
  readonly #perBackend = new Map<string, number>();
  #turns = 0;
  #kept = 0;
  #seen = 0;
  #moved = 0;
  #cold = 0;

  /**
   * A turn was answered, in the order in which they end.
   *
   * @param isLast nothing of the session follows
   */
  record(session: number, backend: string, isLast: boolean): void {
    const known = this.#sessions.get(session);
    if (known === undefined && this.#sessions.size >= mostSessions) return;
    this.#perBackend.set(backend, (this.#perBackend.get(backend) ?? 0) + 1);
    if (known === undefined) {
      this.#seen++;
      this.#cold++;
      this.#sessions.set(session, { last: backend, visited: new Set([backend]) });
    } else {
      this.#turns++;
      if (known.last === backend) this.#kept++;
      if (!known.visited.has(backend)) {
        this.#cold++;
        if (known.visited.size === 1) this.#moved++;
        known.visited.add(backend);
      }
      known.last = backend;
    }
    if (isLast) this.#sessions.delete(session);
  }

  /** `undefined` when no session had a second turn. */
  report(): AffinityReport | undefined {
    const turns = this.#turns;
    if (turns === 0) return undefined;
    const counts = [...this.#perBackend.values()];
    const all = counts.reduce((sum, count) => sum + count, 0);
    const { low, high } = binomialInterval(this.#kept, turns, 0.99);
    return {
      by: 'session',
      turns,
      kept: this.#kept,
      ratio: this.#kept / turns,
      low,
      high,
      chance: counts.reduce((sum, count) => sum + (count / all) ** 2, 0),
      sessions: this.#seen,
      movedSessions: this.#moved,
      coldPrefixes: this.#cold,
      avoidableMisses: this.#cold - this.#seen,
    };
  }
}
