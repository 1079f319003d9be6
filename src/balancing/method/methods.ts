import type { Algorithm } from '../../model/algorithm.js';
import { hash } from './hash.js';
import { ipHash } from './ip-hash.js';
import { leastConn } from './least-conn.js';
import type { BalancingMethod, Decision } from './method.js';
import { random } from './random.js';
import { roundRobin } from './round-robin.js';

/** Every method that is modelled; the first is nginx's default, for which it has no directive. */
export const methods: readonly BalancingMethod[] = [roundRobin, leastConn, ipHash, hash, random];

const byName: ReadonlyMap<string, BalancingMethod> = new Map(methods.map((method) => [method.name, method]));

/** The method of a name, or `undefined` for one that is not modelled. */
export function methodNamed(name: string): BalancingMethod | undefined {
  return byName.get(name);
}

/** The method of an algorithm. */
export function methodOf({ method }: Algorithm): BalancingMethod {
  return byName.get(method) as BalancingMethod;
}

/** What decides on a request's server under an algorithm. */
export function decisionOf(algorithm: Algorithm): Decision {
  return methodOf(algorithm).decision(algorithm);
}
