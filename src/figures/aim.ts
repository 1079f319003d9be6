import type { RunReport } from '../model/report.js';
import { skewNoise } from '../stats/fair-draw.js';

/** What a balancing method evens out where that is not the count of requests. */
type Aim = 'requests in flight' | 'keys';

/** @param algorithm as nginx's directive; `undefined` where it is not known */
export function aimOf(algorithm: string | undefined): Aim | undefined {
  const words = algorithm?.split(' ') ?? [];
  if (words.includes('least_conn') && words[0] !== 'hash') return 'requests in flight';
  return words[0] === 'hash' || words[0] === 'ip_hash' ? 'keys' : undefined;
}

/** How unevenly distinct keys lie over the backends, and what of that a fair draw of as many keys stays under 99 times in 100. */
export function keySkew({
  prediction,
  backends,
}: RunReport):
  | { readonly skew: number; readonly noise: number | undefined; readonly keys: number }
  | undefined {
  const counts = new Map(prediction?.keys?.perBackend.map(({ address, count }) => [address, count]));
  const keys = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const members = backends.filter(({ expectedShare = 0 }) => expectedShare > 0);
  if (keys === 0 || members.length === 0) return undefined;
  const deviations = members.map(({ address, expectedShare = 1 }) =>
    Math.abs((counts.get(address) ?? 0) / keys / expectedShare - 1),
  );
  const shares = members.map(({ expectedShare = 1 }) => expectedShare);
  return { skew: Math.max(...deviations), noise: skewNoise(keys, shares), keys };
}

/** Whether each backend's mean requests in flight lie within one of its share: whole requests cannot be spread more evenly. */
export function isInFlightWithinOne({ backends }: RunReport): boolean {
  const total = backends.reduce((sum, { meanInFlight = 0 }) => sum + meanInFlight, 0);
  return backends.every(
    ({ meanInFlight = 0, expectedShare = 0 }) => Math.abs(meanInFlight - total * expectedShare) < 1,
  );
}
