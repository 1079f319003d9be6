import type { Algorithm } from '../../model/algorithm.js';
import type { Parsed } from '../../model/parsed.js';
import { shown } from '../../text/shown.js';
import type { Peer } from '../peer.js';
import type { PeerList } from '../peer-list.js';
import type { Selection } from '../selection.js';

/**
 * Picks the server of a request's next attempt and takes it, or returns `undefined` when there is no live server
 * ("no live upstreams"). `nowSec` is in whole seconds and never runs backwards.
 */
export type Picker = (selection: Selection, nowSec: number) => Peer | undefined;

/** Integers from 0 to 2^31 - 1, evenly, as C's `random()`; see `glibcRandom`. */
export type RandomInteger = () => number;

/** What decides on a request's server, and by that who can say beforehand which one it will be. */
export type Decision =
  /** How many requests came before it. */
  | { readonly by: 'turn' }
  /** How many are in progress on each server. */
  | { readonly by: 'load' }
  | { readonly by: 'draw' }
  /** A value of the request itself. */
  | {
      readonly by: 'key';
      /** Where the value stands, in nginx's variables: `$remote_addr`. */
      readonly template: string;
      /** What of the value counts: requests alike in it share a server. */
      readonly partOf: (value: string) => string;
    };

/** One of nginx's balancing methods: all that lbbench knows of it. */
export interface BalancingMethod<A extends Algorithm = Algorithm> {
  /** nginx's directive, and the name in an `Algorithm`. */
  readonly name: A['method'];
  /** The directive as a person may write it, for hints: `hash KEY consistent`. */
  readonly forms: readonly string[];
  /** nginx lets `backup` servers stand behind the directive. */
  readonly takesBackups: boolean;
  /** Reads the directive's arguments. A key is not yet looked into. */
  read(args: readonly string[]): Parsed<A>;
  /** Writes them; `read` reads them back. */
  argsOf(algorithm: A): readonly string[];
  decision(algorithm: A): Decision;
  /**
   * The state machine over a pool's primaries, from a fresh state.
   *
   * @throws LbbenchError when the weights are too large for a consistent hash
   */
  start(algorithm: A, primaries: PeerList, random: RandomInteger): Picker;
}

/** Reading and writing of a directive without arguments. */
export function withoutArgs<M extends Algorithm['method']>(
  method: M,
): Pick<BalancingMethod<{ readonly method: M } & Algorithm>, 'read' | 'argsOf'> {
  return {
    read: (args) =>
      args.length === 0
        ? { ok: true, value: { method } as { readonly method: M } & Algorithm }
        : failed(`expected nothing after ${method}, got ${shown(args.join(' '))}`),
    argsOf: () => [],
  };
}

export function failed(message: string): Parsed<never> {
  return { ok: false, message };
}
