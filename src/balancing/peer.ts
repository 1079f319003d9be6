import type { ServerLine } from '../model/upstream.js';

/** Before every clock, so that a fresh peer has "not been checked for longer than fail_timeout". */
const longAgo = Number.MIN_SAFE_INTEGER;

/**
 * What one nginx worker (or shared zone) keeps of one server. The names are those of nginx's round robin module;
 * times are whole seconds of nginx's cached clock.
 */
export class Peer {
  /** Smooth weighted round robin's running score; signed. */
  currentWeight = 0;
  /** 0 to `weight`: lowered by failures, regained by one in each pass that the peer takes part in. */
  effectiveWeight: number;
  /** Requests in progress; idle keepalive connections do not count. */
  conns = 0;
  fails = 0;
  private accessedSec = longAgo;
  private checkedSec = longAgo;

  readonly weight: number;
  private readonly maxFails: number;
  private readonly failTimeoutSec: number;
  private readonly maxConns: number;
  private readonly down: boolean;

  constructor(
    readonly line: ServerLine,
    /** Index into the upstream's servers. */
    readonly index: number,
    /** Index in its own list, primaries or backups. */
    readonly position: number,
  ) {
    this.weight = line.weight;
    this.effectiveWeight = line.weight;
    this.maxFails = line.maxFails;
    this.failTimeoutSec = line.failTimeoutSec;
    this.maxConns = line.maxConns;
    this.down = line.down;
  }

  /** Not down and below max_conns: all that matters for a server that is alone in its upstream. */
  hasRoom(): boolean {
    return !this.down && (this.maxConns === 0 || this.conns < this.maxConns);
  }

  /** Whether the peer may be picked at all: it also has not failed too often within fail_timeout. */
  isAvailable(nowSec: number): boolean {
    return (
      this.hasRoom() &&
      (this.maxFails === 0 || this.fails < this.maxFails || nowSec - this.checkedSec > this.failTimeoutSec)
    );
  }

  /** It has never failed and cannot be full, so that every pass treats it alike. */
  get isSteady(): boolean {
    return this.maxConns === 0 && this.fails === 0 && this.effectiveWeight === this.weight;
  }

  /** Takes part in a pass of smooth weighted round robin; returns what it adds to the pass's total. */
  advance(): number {
    const added = this.effectiveWeight;
    this.currentWeight += added;
    if (added < this.weight) this.effectiveWeight = added + 1;
    return added;
  }

  /** An attempt at this peer starts. */
  take(nowSec: number): void {
    this.conns += 1;
    if (nowSec - this.checkedSec > this.failTimeoutSec) this.checkedSec = nowSec;
  }

  /** An attempt failed. */
  fail(nowSec: number): void {
    this.fails += 1;
    this.accessedSec = nowSec;
    this.checkedSec = nowSec;
    if (this.maxFails > 0) {
      this.effectiveWeight = Math.max(0, this.effectiveWeight - Math.floor(this.weight / this.maxFails));
    }
  }

  /** An attempt succeeded; only one that was picked as the probe after fail_timeout clears the failures. */
  succeed(): void {
    if (this.accessedSec < this.checkedSec) this.fails = 0;
  }
}
