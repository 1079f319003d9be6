import { isErrorStatus } from '../figures/counts.js';
import type { Outage, OutageBackend, OutagePeriod } from '../model/failover.js';
import type { LabEvent } from '../model/plan.js';
import { KeyHomes, KeyMoves } from './key-moves.js';

/** A server of the pool, as far as its failing is concerned. */
export interface DrilledServer {
  readonly address: string;
  readonly maxFails: number;
  readonly failTimeoutSec: number;
}

/** A request that has ended. Times are milliseconds since the start of the run. */
export interface SeenRequest {
  readonly startMs: number;
  readonly endMs: number;
  /** Who served it; `null` when it got no response, or none that tells. */
  readonly backend: string | null;
  /** `null` when it got no response. */
  readonly status: number | null;
  /** By its status where nobody says. */
  readonly isError?: boolean | undefined;
  /** Backends that were tried before, in that order. */
  readonly retries: readonly string[];
  /** Value of the hash key; `undefined` for a method without one. */
  readonly key: string | undefined;
}

/** A backend counts as taken out once this many requests should have come to it by its earlier share, and none did. */
const expectedInSilence = 20;

interface Cell {
  count: number;
  errors: number;
  retries: number;
}

/** Between two events of the drill. */
interface Segment {
  readonly fromMs: number;
  readonly cells: ReadonlyMap<string, Cell>;
  requests: number;
  failures: number;
  errors: number;
}

interface OpenOutage {
  readonly server: DrilledServer;
  readonly action: Outage['action'];
  readonly fromMs: number;
  /** Since when the backend had been as it was. */
  readonly beforeMs: number;
  /** Part of all attempts that went to it before, 0 to 1; worked out when it is first asked for. */
  earlierShare: number | undefined;
  readonly moves: KeyMoves;
  /** From here on no request can be served as before; `undefined` until the event is done. */
  effectiveMs: number | undefined;
  untilMs: number | undefined;
  /** Its `start` has come; the moment of the event after that, if any. */
  started: boolean;
  afterEndMs: number | undefined;
  failedAttempts: number;
  failuresUntilLast: number;
  lastSentMs: number;
  /** Attempts at other backends since. */
  silence: number;
  out: boolean;
  backMs: number | undefined;
  /** When its first good answer ended. */
  returnedMs: number | undefined;
}

/**
 * Watches the requests of a run during which backends are made to fail, and tells how the balancer coped. Memory
 * depends on the number of events, backends and keys, not of requests.
 *
 * A request belongs to the period in which it ended, so that failures stand behind the event that caused them. The moment at
 * which a backend was *sent* a request is taken to be the request's start.
 */
export class FailoverWatch {
  readonly #servers: readonly DrilledServer[];
  readonly #concurrency: number;
  readonly #segments: Segment[] = [];
  readonly #outages: OpenOutage[] = [];
  /** The latest outage of each backend. */
  readonly #latest = new Map<string, OpenOutage>();
  readonly #lastEventMs = new Map<string, number>();
  readonly #homes = new KeyHomes();
  #firstEventMs = Number.POSITIVE_INFINITY;

  /** @param concurrency most requests in flight: so many may end out of order */
  constructor(servers: readonly DrilledServer[], concurrency: number) {
    this.#servers = servers;
    this.#concurrency = concurrency;
    this.#addSegment(0);
  }

  /**
   * Something is done to a backend from now on. Events come in the order of time, and before the requests that end later;
   * earlier requests may still be told of.
   */
  event({ backend, action }: Pick<LabEvent, 'backend' | 'action'>, atMs: number): void {
    const server = this.#servers.find(({ address }) => address === backend);
    if (server === undefined) return;
    const previous = this.#latest.get(backend);
    const beforeMs = this.#lastEventMs.get(backend) ?? 0;
    if (previous !== undefined && previous.untilMs === undefined) {
      previous.untilMs = atMs;
      previous.started = action === 'start';
    } else if (previous !== undefined) {
      previous.afterEndMs ??= atMs;
    }
    if (action !== 'start') {
      const outage: OpenOutage = {
        server,
        action,
        fromMs: atMs,
        beforeMs,
        earlierShare: undefined,
        moves: new KeyMoves(this.#homes, backend),
        effectiveMs: undefined,
        untilMs: undefined,
        started: false,
        afterEndMs: undefined,
        failedAttempts: 0,
        failuresUntilLast: 0,
        lastSentMs: atMs,
        silence: 0,
        out: false,
        backMs: undefined,
        returnedMs: undefined,
      };
      this.#outages.push(outage);
      this.#latest.set(backend, outage);
    }
    this.#lastEventMs.set(backend, atMs);
    this.#firstEventMs = Math.min(this.#firstEventMs, atMs);
    this.#addSegment(atMs);
  }

  /** What `event` told of has been done: requests that start from now on meet the backend as it is then. */
  done(backend: string, atMs: number): void {
    const outage = this.#latest.get(backend);
    if (outage !== undefined) outage.effectiveMs ??= atMs;
  }

  /** Books a request that has ended. */
  record(request: SeenRequest): void {
    const { backend, status, isError, retries, key, endMs } = request;
    const isGood = status !== null && !(isError ?? isErrorStatus(status));
    for (const outage of this.#outages) {
      if (endMs < outage.fromMs || endMs >= (outage.afterEndMs ?? Number.POSITIVE_INFINITY)) continue;
      if (outage.failedAttempts > 0) {
        outage.earlierShare ??= this.#attemptShare(outage.server.address, outage.beforeMs, outage.fromMs);
      }
      const wasAway = outage.returnedMs === undefined;
      follow(outage, request, isGood, this.#concurrency);
      if (wasAway && outage.returnedMs !== undefined) this.#addSegment(outage.returnedMs);
    }
    const index = this.#segments.findLastIndex(({ fromMs }) => fromMs <= endMs);
    const segment = this.#segments[Math.max(0, index)] as Segment;
    segment.requests++;
    if (status === null) segment.failures++;
    else if (!isGood) segment.errors++;
    for (const address of retries) {
      const cell = segment.cells.get(address);
      if (cell !== undefined) cell.retries++;
    }
    const served = backend === null ? undefined : segment.cells.get(backend);
    if (served !== undefined) {
      served.count++;
      if (!isGood) served.errors++;
    }
    if (endMs < this.#firstEventMs && key !== undefined && backend !== null && isGood) {
      this.#homes.settle(key, backend);
    }
  }

  /** @param endMs end of the run */
  outages(endMs: number): Outage[] {
    return this.#outages.map((outage): Outage => {
      const { server, action, fromMs, untilMs, started, failedAttempts, failuresUntilLast } = outage;
      const afterMs = outage.lastSentMs - fromMs;
      return {
        backend: server.address,
        action,
        fromMs,
        untilMs,
        maxFails: server.maxFails,
        failTimeoutSec: server.failTimeoutSec,
        before: this.#period(outage.beforeMs, fromMs),
        during: this.#period(fromMs, untilMs ?? endMs),
        after:
          started && untilMs !== undefined
            ? this.#period(outage.returnedMs ?? untilMs, outage.afterEndMs ?? endMs)
            : undefined,
        failedAttempts,
        takenOut: outage.out
          ? { afterMs, failures: failuresUntilLast, probes: failedAttempts - failuresUntilLast }
          : undefined,
        backMs: outage.backMs,
        keys: this.#homes.size > 0 ? outage.moves.result() : undefined,
      };
    });
  }

  #addSegment(fromMs: number): void {
    const cells = new Map(
      this.#servers.map(({ address }) => [address, { count: 0, errors: 0, retries: 0 }] as const),
    );
    const after = this.#segments.findLastIndex((segment) => segment.fromMs <= fromMs) + 1;
    this.#segments.splice(after, 0, { fromMs, cells, requests: 0, failures: 0, errors: 0 });
  }

  #period(fromMs: number, toMs: number): OutagePeriod {
    const parts = this.#segments.filter((segment) => segment.fromMs >= fromMs && segment.fromMs < toMs);
    const sum = (of: (segment: Segment) => number) => parts.reduce((total, part) => total + of(part), 0);
    const cells = this.#servers.map(({ address }) => {
      const of = (figure: keyof Cell) => sum((part) => part.cells.get(address)?.[figure] ?? 0);
      return { address, count: of('count'), errors: of('errors'), retries: of('retries') };
    });
    const attributed = cells.reduce((total, { count }) => total + count, 0);
    return {
      fromMs,
      toMs,
      requests: sum(({ requests }) => requests),
      failures: sum(({ failures }) => failures),
      errors: sum(({ errors }) => errors),
      retries: cells.reduce((total, { retries }) => total + retries, 0),
      backends: cells.map(
        (cell): OutageBackend => ({ ...cell, share: attributed > 0 ? cell.count / attributed : undefined }),
      ),
    };
  }

  /** Part of all attempts in a period that went to a backend. */
  #attemptShare(backend: string, fromMs: number, toMs: number): number {
    const { backends } = this.#period(fromMs, toMs);
    const attempts = backends.map(({ address, count, retries }) => ({ address, made: count + retries }));
    const all = attempts.reduce((total, { made }) => total + made, 0);
    return all === 0 ? 0 : (attempts.find(({ address }) => address === backend)?.made ?? 0) / all;
  }
}

/** Books a request that ended after an outage began. */
function follow(outage: OpenOutage, request: SeenRequest, isGood: boolean, concurrency: number): void {
  const { backend, status, retries, key, startMs, endMs } = request;
  const { untilMs, server } = outage;
  const isServedHere = backend === server.address;
  if (untilMs !== undefined && endMs >= untilMs) {
    if (outage.started && isServedHere && isGood && startMs >= untilMs) {
      outage.backMs = Math.min(outage.backMs ?? Number.POSITIVE_INFINITY, startMs - untilMs);
      outage.returnedMs ??= endMs;
    }
    return;
  }
  const isSentLater = outage.effectiveMs !== undefined && startMs >= outage.effectiveMs;
  if (isSentLater && key !== undefined && backend !== null && isGood) outage.moves.record(key, backend);
  const isPassedOn = retries.includes(server.address);
  if (isServedHere || isPassedOn) {
    if (isPassedOn || (status ?? 0) >= 500) outage.failedAttempts++;
    if (outage.out) return;
    outage.lastSentMs = Math.max(outage.lastSentMs, startMs);
    outage.failuresUntilLast = outage.failedAttempts;
    outage.silence = 0;
    return;
  }
  outage.silence += retries.length + (backend === null ? 0 : 1);
  // Requests end out of order, by as many as are in flight.
  if (outage.earlierShare === undefined) return;
  const missed = ((outage.silence - concurrency) * outage.earlierShare) / (1 - outage.earlierShare);
  if (missed >= expectedInSilence) outage.out = true;
}
