import type { Attempts, Balancer } from './balancer.js';
import { EventQueue } from './event-queue.js';

/** What a server had to do in a replay, by index of the upstream's servers. */
export interface ServerWork {
  /** Requests it got. */
  count: number;
  /** Time of requests in progress, added up; ms. */
  busyMs: number;
  /** Most requests in progress at one moment. */
  peakInFlight: number;
}

/**
 * Plays requests through a balancer without sending any: what it would have picked. Every attempt succeeds. Requests
 * either follow each other (`pickAlone`), or overlap as their times say (`pickAt`).
 */
export class Replay {
  readonly work: readonly ServerWork[];
  readonly #balancer: Balancer;
  readonly #inProgress = new EventQueue<Attempts>();
  #nowMs = Number.NEGATIVE_INFINITY;

  constructor(balancer: Balancer) {
    this.#balancer = balancer;
    this.work = balancer.upstream.servers.map(() => ({ count: 0, busyMs: 0, peakInFlight: 0 }));
  }

  /** The server of a request that ends before the next one starts; `undefined` when none is left. */
  pickAlone(key: string, remoteAddress: string): number | undefined {
    const attempts = this.#balancer.begin({ key, remoteAddress });
    const server = attempts.next(0);
    if (server === undefined) return undefined;
    attempts.end('ok', 0);
    (this.work[server] as ServerWork).count += 1;
    return server;
  }

  /**
   * The server of a request that arrives at a moment and keeps whatever server it gets busy for a time; `undefined`
   * when none is left. What ends at that very moment has ended before. Arrivals must not run backwards.
   */
  pickAt(key: string, remoteAddress: string, arrivalMs: number, serviceMs: number): number | undefined {
    if (arrivalMs < this.#nowMs) {
      throw new RangeError(`expected an arrival not before ${this.#nowMs} ms, got ${arrivalMs} ms`);
    }
    this.#nowMs = arrivalMs;
    this.#endUntil(arrivalMs);
    const attempts = this.#balancer.begin({ key, remoteAddress });
    const server = attempts.next(seconds(arrivalMs));
    if (server === undefined) return undefined;
    const work = this.work[server] as ServerWork;
    work.count += 1;
    work.busyMs += serviceMs;
    work.peakInFlight = Math.max(work.peakInFlight, this.#balancer.conns(server));
    this.#inProgress.add(arrivalMs + serviceMs, attempts);
    return server;
  }

  #endUntil(momentMs: number): void {
    const queue = this.#inProgress;
    for (let endMs = queue.nextTime; endMs <= momentMs; endMs = queue.nextTime) {
      queue.take()?.end('ok', seconds(endMs));
    }
  }
}

/** nginx's clock as the balancer sees it. */
function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
