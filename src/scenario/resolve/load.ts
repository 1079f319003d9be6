import type { LoadPlan, Warmup } from '../../model/plan.js';
import { maxSourceAddresses } from '../grammar/source-addresses.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';

/** When the scenario says neither how many nor how long. */
const defaultRequests = 1000;
/** The cap on connections of the open model. */
const defaultCap = 10_000;
const defaultTimeoutMs = 30_000;
/** A language model may well speak for minutes. */
const defaultStreamTimeoutMs = 600_000;

/** @param exactly how many requests the mix makes by itself, where it says so */
export function resolveLoad(
  load: CheckedScenario['load'],
  exactly: number | undefined,
  { faults }: ResolveContext,
): LoadPlan {
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
  if (exactly !== undefined) refuseOtherEnds(load, exactly, faults);
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
    requests: exactly ?? load.requests ?? (load.duration === undefined ? defaultRequests : undefined),
    durationMs: load.duration,
    concurrency: load.concurrency ?? (isOpen ? defaultCap : 1),
    ratePerSec: load.rate,
    arrivals: load.arrivals ?? 'constant',
    warmup: warmupOf(load.warmup),
    keepAlive: load.keepAlive,
    httpVersion: load.httpVersion,
    timeoutMs: load.timeout ?? defaultTimeoutMs,
    streamTimeoutMs: load.timeout ?? defaultStreamTimeoutMs,
    idleTimeoutMs: load.idleTimeout,
    sourceAddresses,
  };
}

/** A run that ends before has not sent as many of each as it should. */
function refuseOtherEnds(
  { requests, duration }: CheckedScenario['load'],
  exactly: number,
  faults: ResolveContext['faults'],
): void {
  const hint = 'leave it out, or give the requests a weight in place of exactly';
  const message = (got: string) =>
    `expected nothing or the ${exactly} that exactly makes of the requests, got ${got}`;
  if (requests !== undefined && requests !== exactly)
    faults.add({ path: ['load', 'requests'], blame: 'value', message: message(String(requests)), hint });
  if (duration !== undefined)
    faults.add({ path: ['load', 'duration'], blame: 'key', message: message('a time as well'), hint });
}

type WarmupInput = CheckedScenario['load']['warmup'];

function warmupOf(warmup: WarmupInput): Warmup | undefined {
  // Zero of either kind is no warm-up.
  if (warmup === undefined || warmup.amount === 0) return undefined;
  return warmup.unit === 'requests' ? { requests: warmup.amount } : { durationMs: warmup.amount };
}
