import { LbbenchError } from '../model/fault.js';
import type { LabPlan, Plan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import { poolWeights } from '../scenario/resolve/expected.js';
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
