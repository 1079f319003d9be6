import type { Upstream } from '../model/upstream.js';
import { glibcRandom } from './glibc-random.js';
import type { Picker, RandomInteger } from './method/method.js';
import { methodOf } from './method/methods.js';
import type { Peer } from './peer.js';
import { peerListOf } from './peer-list.js';
import { Selection } from './selection.js';

export interface BalancerOptions {
  /** Draws of the random methods; `glibcRandom(1)`, what an unseeded C program gets, when absent. */
  readonly random?: RandomInteger | undefined;
  /** `proxy_next_upstream_tries`: a request's attempts at most; 0 or absent for as many as there are servers. */
  readonly maxTries?: number | undefined;
}

/** What a request brings to the choice of its server. */
interface BalancedRequest {
  /** Value of the hash key, one character a byte (see `compileKey`); ignored by the methods without a key. */
  readonly key: string;
  /** The client's address as nginx knows it, without port: `127.0.0.1`, `::1`; ignored by all but ip_hash. */
  readonly remoteAddress: string;
}

/**
 * The balancing state of one nginx worker, or of all workers that share a zone: pure, with the time passed in.
 * Servers are given as indexes into `upstream.servers`.
 */
export interface Balancer {
  readonly upstream: Upstream;
  /** Starts a request. Nothing is counted before its first `next`. */
  begin(request: BalancedRequest): Attempts;
  /** Requests in progress on a server. */
  conns(server: number): number;
  /** Failures that nginx counts against a server at the moment. */
  fails(server: number): number;
}

/**
 * The attempts of one request. Call `next`, try that server, call `end`, and so on while the request may be tried
 * again and `triesLeft` is above 0.
 */
export interface Attempts {
  /**
   * The server for the next attempt, in progress from now on; `undefined` when no live server is left, which ends
   * the request with 502. `nowSec` is in whole seconds and must not run backwards.
   */
  next(nowSec: number): number | undefined;
  /**
   * Ends the attempt that `next` began. `failed` are the errors that nginx counts: connect error, reset, timeout,
   * invalid header, and a 5xx or 429 that is retried. Everything else is `ok`, also a 403 or 404 that is retried
   * and a 5xx that is passed on.
   */
  end(outcome: 'ok' | 'failed', nowSec: number): void;
  /**
   * Attempts the request has left. nginx looks at it before `end` for a status that it would rather retry (needs
   * more than 1), and after `end` for an error (needs more than 0).
   */
  readonly triesLeft: number;
}

/**
 * A balancer that picks as nginx 1.22 to 1.31 would, given the same requests in the same order at the same seconds.
 *
 * @throws LbbenchError when the weights are too large for a consistent hash
 */
export function createBalancer(upstream: Upstream, options: BalancerOptions = {}): Balancer {
  const primaries = peerListOf(upstream);
  const pick = methodOf(upstream.algorithm).start(
    upstream.algorithm,
    primaries,
    options.random ?? glibcRandom(1),
  );
  const tries = primaries.tries + (primaries.next?.tries ?? 0);
  const maxTries = options.maxTries !== undefined && options.maxTries > 0 ? options.maxTries : tries;
  const triesPerRequest = Math.min(tries, maxTries);
  const peers: Peer[] = [];
  for (const peer of [...primaries.peers, ...(primaries.next?.peers ?? [])]) peers[peer.index] = peer;
  return {
    upstream,
    begin: ({ key, remoteAddress }) =>
      new RequestAttempts(pick, new Selection(primaries, key, remoteAddress), triesPerRequest),
    conns: (server) => peers[server]?.conns ?? 0,
    fails: (server) => peers[server]?.fails ?? 0,
  };
}

class RequestAttempts implements Attempts {
  private current: Peer | undefined = undefined;

  constructor(
    private readonly pick: Picker,
    private readonly selection: Selection,
    public triesLeft: number,
  ) {}

  next(nowSec: number): number | undefined {
    if (this.current !== undefined)
      throw new Error('expected the attempt in progress to be ended before the next');
    this.current = this.pick(this.selection, nowSec);
    return this.current?.index;
  }

  end(outcome: 'ok' | 'failed', nowSec: number): void {
    const peer = this.current;
    if (peer === undefined) throw new Error('expected an attempt in progress, got none');
    this.current = undefined;
    peer.conns -= 1;
    if (this.selection.list.isSingle) {
      this.triesLeft = 0;
      return;
    }
    this.selection.list.inProgress -= 1;
    if (outcome === 'failed') {
      this.selection.list.settle(true);
      peer.fail(nowSec);
    } else peer.succeed();
    if (this.triesLeft > 0) this.triesLeft -= 1;
  }
}
