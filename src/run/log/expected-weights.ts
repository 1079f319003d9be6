import { type Fault, LbbenchError } from '../../model/fault.js';
import type { ExpectedBackend } from '../../model/plan.js';
import { parseAddress } from '../../nginx/address.js';
import { poolWeights } from '../../scenario/resolve/expected.js';
import { shown } from '../../text/shown.js';
import { readPool } from '../simulate/read-pool.js';

/**
 * Weights given as `ADDRESS=WEIGHT`, by the address as nginx prints it.
 *
 * @throws LbbenchError with the faults of all of them
 */
export function parseWeights(texts: readonly string[]): ExpectedBackend[] {
  const faults: Fault[] = [];
  const weights = new Map<string, number>();
  for (const text of texts) {
    const [, server = '', weight = ''] = /^(.+)=(\d{1,9}(?:\.\d{1,9})?)$/s.exec(text) ?? [];
    const address = parseAddress(server);
    if (server === '' || !address.ok || address.value.kind === 'name') {
      faults.push({
        path: '--expect',
        message: `expected ADDRESS=WEIGHT, got ${shown(text)}`,
        hint: 'write the address as nginx logs it: --expect 127.0.0.1:8001=3',
      });
    } else if (weights.has(address.value.canonical)) {
      faults.push({ path: '--expect', message: `expected each address once, got ${shown(server)} again` });
    } else {
      weights.set(address.value.canonical, Number(weight));
    }
  }
  if (faults.length === 0 && weights.size > 0 && [...weights.values()].every((weight) => weight === 0))
    faults.push({ path: '--expect', message: 'expected a weight above 0, got none' });
  if (faults.length > 0) throw new LbbenchError('usage', faults);
  return [...weights].map(([address, weight]) => ({ address, weight }));
}

/**
 * The weights of an `upstream` block of a configuration.
 *
 * @param name `undefined` takes the only block
 * @throws LbbenchError
 */
export async function weightsOfUpstream(
  conf: string,
  name: string | undefined,
): Promise<readonly ExpectedBackend[]> {
  const { upstream } = await readPool(conf, name, '--upstream');
  return poolWeights(upstream.servers);
}
