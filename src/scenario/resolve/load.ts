import type { LoadPlan, Warmup } from '../../model/plan.js';
import { maxSourceAddresses } from '../grammar/source-addresses.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';

/** When the scenario says neither how many nor how long. */
const defaultRequests = 1000;
/** The cap on connections of the open model. */
const defaultCap = 10_000;

export function resolveLoad(load: CheckedScenario['load'], { faults }: ResolveContext): LoadPlan {
  if (load.arrivals !== undefined && load.rate === undefined) {
    faults.add(
      {
        path: ['load', 'arrivals'],
        blame: 'key',
        message: 'expected a rate beside arrivals, got none',
        hint: 'arrivals belong to the open model: add rate: 200/s',
      },
      ['load', 'rate'],
    );
  }
  const sourceAddresses = load.sourceAddresses?.flat() ?? [];
  if (sourceAddresses.length > maxSourceAddresses) {
    faults.add({
      path: ['load', 'sourceAddresses'],
      blame: 'value',
      message: `expected at most ${maxSourceAddresses} source addresses, got ${sourceAddresses.length}`,
      hint: 'narrow the ranges',
    });
  }
  const isOpen = load.rate !== undefined;
  return {
    model: isOpen ? 'open' : 'closed',
    requests: load.requests ?? (load.duration === undefined ? defaultRequests : undefined),
    durationMs: load.duration,
    concurrency: load.concurrency ?? (isOpen ? defaultCap : 1),
    ratePerSec: load.rate,
    arrivals: load.arrivals ?? 'constant',
    warmup: warmupOf(load.warmup),
    keepAlive: load.keepAlive,
    httpVersion: load.httpVersion,
    timeoutMs: load.timeout,
    sourceAddresses,
  };
}

type WarmupInput = CheckedScenario['load']['warmup'];

function warmupOf(warmup: WarmupInput): Warmup | undefined {
  // Zero of either kind is no warm-up.
  if (warmup === undefined || warmup.amount === 0) return undefined;
  return warmup.unit === 'requests' ? { requests: warmup.amount } : { durationMs: warmup.amount };
}
