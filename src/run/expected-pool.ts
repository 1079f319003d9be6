import type { Plan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import { poolWeights } from '../scenario/resolve/expected.js';
import { shown } from '../text/shown.js';
import { type LookUp, resolveNames } from './host-names.js';

/**
 * The plan with the weights of its nginx pool by address. A configuration may name servers by host, `$upstream_addr`
 * never does.
 */
export async function withPoolAddresses(
  plan: Plan,
  onWarning: (warning: Warning) => void,
  lookUp?: LookUp,
): Promise<Plan> {
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
