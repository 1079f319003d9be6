import type { ExpectedBackend } from '../../model/plan.js';
import type { ServerLine } from '../../model/upstream.js';

/**
 * What each server of a pool should get, as long as every one of them works: its weight; nothing when it is down, and
 * nothing when it is a backup, unless all others are down. Lines with the same address count together.
 */
export function poolWeights(servers: readonly ServerLine[]): readonly ExpectedBackend[] {
  const onlyBackups = servers.every((line) => line.down || line.backup);
  const weights = new Map<string, number>();
  for (const { address, weight, down, backup } of servers) {
    const works = !down && (onlyBackups || !backup);
    weights.set(address, (weights.get(address) ?? 0) + (works ? weight : 0));
  }
  return [...weights].map(([address, weight]) => ({ address, weight }));
}
