import type { Seal } from './seal.js';
import { limits } from './seal.js';
import { keys, type Store } from './store.js';
import { type Presence, readPresence } from './wire.js';

/** The agents of a pool that have said in the last seconds that they are there, by name. */
export async function agentsThere({ redis, place }: Store, seal: Seal): Promise<Presence[]> {
  const found: Presence[] = [];
  let cursor = '0';
  do {
    const [next, names] = await redis.scan(cursor, 'MATCH', keys.agents(place.pool), 'COUNT', 1000);
    cursor = next;
    for (const name of names) {
      const sealed = await redis.getBuffer(name);
      if (sealed === null) continue;
      try {
        found.push(readPresence(seal.open(sealed, `presence ${place.pool}`, limits.message)));
      } catch {
        // Of another secret: not one of ours.
      }
    }
  } while (cursor !== '0');
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}
