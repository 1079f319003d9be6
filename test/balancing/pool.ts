import { type Balancer, createBalancer } from '../../src/balancing/balancer.js';
import { upstreamOf } from './recorded.js';

/** A balancer over an upstream block's contents: `pool('least_conn; server a; server b;')`. */
export function pool(contents: string, random?: () => number): Balancer {
  return createBalancer(upstreamOf(`upstream u { ${contents} }`), { random });
}

/** Servers 127.0.0.1:8001, 8002, … with these weights. */
export function weighted(weights: readonly number[]): string {
  return weights.map((weight, index) => `server 127.0.0.1:${8001 + index} weight=${weight};`).join(' ');
}

/** The server of one request that succeeds at once. */
export function pickOnce(
  balancer: Balancer,
  key = '',
  remoteAddress = '127.0.0.1',
  nowSec = 0,
): number | undefined {
  const attempts = balancer.begin({ key, remoteAddress });
  const server = attempts.next(nowSec);
  if (server !== undefined) attempts.end('ok', nowSec);
  return server;
}

/** The servers of sequential requests, as digits. */
export function sequence(balancer: Balancer, count: number): string {
  return Array.from({ length: count }, () => pickOnce(balancer)).join('');
}
