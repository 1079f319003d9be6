import type { IncomingMessage } from 'node:http';
import { type Attempts, createBalancer } from '../../balancing/balancer.js';
import { glibcRandom } from '../../balancing/glibc-random.js';
import { decisionOf } from '../../balancing/method/methods.js';
import type { Algorithm } from '../../model/algorithm.js';
import { LbbenchError } from '../../model/fault.js';
import type { ServerLine } from '../../model/upstream.js';
import { compileKey, type KeyOf } from '../../nginx/variables.js';

/** Starts the choice of servers for a request; `undefined` when its target is one that nginx answers 400. */
export type Balancing = (request: IncomingMessage, remoteAddress: string) => Attempts | undefined;

export interface BalancingPlan {
  readonly poolName: string;
  readonly servers: readonly ServerLine[];
  /** Seeds the random methods. */
  readonly seed: number;
}

/**
 * Balances requests by the model of an nginx method, from a fresh state.
 *
 * @throws {LbbenchError} when the model does not know a variable of the hash key
 */
export function balancingBy(plan: BalancingPlan, algorithm: Algorithm): Balancing {
  const { poolName: name, servers, seed } = plan;
  const upstream = { name, servers, algorithm, zone: undefined, keepalive: undefined };
  const balancer = createBalancer(upstream, { random: glibcRandom(seed) });
  const decision = decisionOf(algorithm);
  const keyOf: KeyOf = decision.by === 'key' ? compiledKey(decision.template) : () => '';
  return (request, remoteAddress) => {
    const { method = '', url: uri = '', headers } = request;
    const key = keyOf({ method, uri, headers, remoteAddress });
    return key === undefined ? undefined : balancer.begin({ key, remoteAddress });
  };
}

function compiledKey(text: string): KeyOf {
  const compiled = compileKey(text);
  if (compiled.ok) return compiled.value;
  throw new LbbenchError('usage', [{ path: 'algorithms', message: compiled.message, hint: compiled.hint }]);
}
