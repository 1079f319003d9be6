import { LbbenchError } from '../model/fault.js';
import type { ExpectedBackend, LabPlan, Plan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import { withoutDefaultPort } from '../nginx/address.js';
import { poolWeights } from '../scenario/resolve/expected.js';
import type { Tally } from '../tally/tally.js';
import { shown } from '../text/shown.js';
import { type LookUp, resolveNames } from './host-names.js';

/**
 * The plan with the weights of its pool by address, be it of an nginx configuration or of a lab's servers that run already.
 * Both may name servers by host, `$upstream_addr` never does.
 *
 * @throws LbbenchError when a host that lbbench's own balancer is to reach has no address
 */
export async function withPoolAddresses(
  plan: Plan,
  onWarning: (warning: Warning) => void,
  lookUp?: LookUp,
): Promise<Plan> {
  if (plan.lab !== undefined) return withServerAddresses(plan, plan.lab, lookUp);
  if (plan.pool === undefined) return plan;
  const { upstream, unknown } = await resolveNames(plan.pool, lookUp);
  for (const { host, code } of unknown) {
    onWarning({
      code: 'configuration',
      text: `${shown(host)} of the upstream block does not resolve here (${code}), so what is expected of it cannot be compared; write expect with addresses`,
    });
  }
  return { ...plan, pool: upstream, expected: poolWeights(upstream.servers) };
}

/**
 * What is expected, by the names that were seen: who logs or sends `10.0.0.1` means what nginx calls `10.0.0.1:80`.
 *
 * @param seen names of backends that served or were tried
 */
export function asSeen(
  expected: readonly ExpectedBackend[],
  seen: ReadonlySet<string>,
): readonly ExpectedBackend[] {
  return expected.map((backend) => {
    const bare = seen.has(backend.address) ? undefined : withoutDefaultPort(backend.address);
    return bare !== undefined && seen.has(bare) ? { ...backend, address: bare } : backend;
  });
}

/** What expected backends may be called by who logs them or names them in a header. */
export function namesOf(expected: readonly ExpectedBackend[]): readonly string[] {
  return expected.flatMap(({ address }) => [address, withoutDefaultPort(address) ?? []].flat());
}

/** The names of backends that served or were tried. */
export function seenIn({ cells }: Tally): ReadonlySet<string> {
  const tried = cells.filter(({ outcomes, counters }) => counters.retries > 0 || outcomes.some((n) => n > 0));
  return new Set(tried.map(({ address }) => address));
}

/** One server for each address of a name, as nginx makes them; what the name was stays in `server`. */
async function withServerAddresses(plan: Plan, lab: LabPlan, lookUp?: LookUp): Promise<Plan> {
  // Demo backends have addresses.
  if (lab.servers.every(({ behaviour }) => behaviour !== undefined)) return plan;
  const written = lab.servers.map(({ line }) => line);
  const { upstream, unknown } = await resolveNames(
    {
      name: '',
      servers: written,
      algorithm: { method: 'round_robin' },
      zone: undefined,
      keepalive: undefined,
    },
    lookUp,
  );
  if (unknown.length > 0) {
    throw new LbbenchError(
      'unmeasurable',
      unknown.map(({ host, code }) => ({
        path: 'lab.servers',
        message: `expected ${shown(host)} to have an address, but it does not resolve here (${code})`,
        hint: 'nginx would not start with it: mend the name, or write the address',
      })),
    );
  }
  const servers = upstream.servers.map((line) => ({ line, behaviour: undefined }));
  return { ...plan, lab: { ...lab, servers }, expected: poolWeights(upstream.servers) };
}
