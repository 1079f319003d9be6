import type { Trace } from '../../model/llm.js';
import type { LoadPlan, LoadStage, Warmup } from '../../model/plan.js';
import { maxSourceAddresses } from '../grammar/source-addresses.js';
import type { Path } from '../place.js';
import type { CheckedScenario } from '../schema/scenario.js';
import { readTraceFile } from '../trace-file.js';
import type { ResolveContext } from './context.js';

/** When the scenario says neither how many nor how long. */
const defaultRequests = 1000;
/** The cap on connections of the open model. */
const defaultCap = 10_000;
const defaultTimeoutMs = 30_000;
/** A language model may well speak for minutes. */
const defaultStreamTimeoutMs = 600_000;

/**
 * @param exactly how many requests the mix makes by itself, where it says so
 * @param trace what `resolveTrace` has read
 */
export function resolveLoad(
  { load, requests }: Pick<CheckedScenario, 'load' | 'requests'>,
  exactly: number | undefined,
  trace: Trace | undefined,
  { faults }: ResolveContext,
): LoadPlan {
  const stages = load.stages && resolveStages(load, load.stages, faults);
  const isOpen =
    load.rate !== undefined ||
    load.trace !== undefined ||
    load.stages?.some((stage) => stage.rate !== undefined) === true;
  if (load.burstiness !== undefined && load.arrivals !== 'gamma') {
    faults.add(
      {
        path: ['load', 'burstiness'],
        blame: 'key',
        message: `expected arrivals: gamma beside burstiness, got ${load.arrivals ?? 'none'}`,
        hint: 'it is the shape of gamma gaps: add arrivals: gamma',
      },
      ['load', 'arrivals'],
    );
  }
  if (load.arrivals !== undefined && !isOpen) {
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
  const isAsking = requests?.some(({ llm }) => llm !== undefined) === true;
  return {
    model: isOpen ? 'open' : 'closed',
    requests:
      trace?.dueUs.length ??
      exactly ??
      load.requests ??
      (load.duration === undefined && stages === undefined ? defaultRequests : undefined),
    durationMs: stages === undefined ? load.duration : totalMs(stages),
    concurrency: load.concurrency ?? (isOpen ? defaultCap : ((stages && mostOf(stages)) ?? 1)),
    ratePerSec:
      trace !== undefined ? meanRate(trace) : stages === undefined || !isOpen ? load.rate : meanOf(stages),
    ...(stages && { stages }),
    arrivals: load.arrivals ?? 'constant',
    ...(load.arrivals === 'gamma' ? { burstiness: load.burstiness ?? 1 } : {}),
    ...(trace && { replay: { source: trace.file, dueUs: trace.dueUs, kinds: undefined } }),
    warmup: warmupOf(load.warmup),
    keepAlive: load.keepAlive,
    httpVersion: load.httpVersion,
    timeoutMs: load.timeout ?? (isAsking ? defaultStreamTimeoutMs : defaultTimeoutMs),
    streamTimeoutMs: load.timeout ?? defaultStreamTimeoutMs,
    idleTimeoutMs: load.idleTimeout,
    sourceAddresses,
    ...(load.retryStale !== undefined && { retryStale: load.retryStale }),
    ...(load.wire !== undefined && { wire: load.wire }),
  };
}

type Stages = NonNullable<CheckedScenario['load']['stages']>;

/** Stages say themselves how much and how long, all of them in one of the two models. */
function resolveStages(
  load: CheckedScenario['load'],
  stages: Stages,
  faults: ResolveContext['faults'],
): readonly LoadStage[] {
  const isOpen = stages.some(({ rate }) => rate !== undefined);
  const others = ['requests', 'duration', 'rate', ...(isOpen ? [] : (['concurrency'] as const))] as const;
  for (const key of others) {
    if (load[key] === undefined) continue;
    faults.add({
      path: ['load', key],
      blame: 'key',
      message: `expected no ${key} beside stages, got one`,
      hint: 'stages say how much is sent and for how long: leave one of the two out',
    });
  }
  return stages.flatMap((stage, index): LoadStage[] => {
    const path = ['load', 'stages', index];
    const { rate, concurrency, duration: durationMs } = stage;
    const level = isOpen ? rate : concurrency;
    const wanted = isOpen ? 'rate' : 'concurrency';
    if (level === undefined || (rate !== undefined && concurrency !== undefined)) {
      const got = level === undefined ? 'none' : 'a rate and a concurrency';
      faults.add(
        {
          path,
          blame: 'value',
          message: `expected a ${wanted} in each stage, got ${got}`,
          hint: 'either each stage has a rate, or each has a concurrency; a cap on what is in flight is load.concurrency',
        },
        [...path, 'rate'],
        [...path, 'concurrency'],
      );
      return [];
    }
    const { from, to } = typeof level === 'number' ? { from: level, to: level } : level;
    if (from === 0 && to === 0) {
      faults.add({
        path: [...path, wanted],
        blame: 'value',
        message: 'expected a ramp that leaves 0 or ends there, got one from 0 to 0',
      });
    }
    return [{ name: stage.name ?? nameOf(index, { from, to }, isOpen), durationMs, from, to }];
  });
}

/** `2: 100/s to 400/s` */
function nameOf(index: number, { from, to }: Pick<LoadStage, 'from' | 'to'>, isOpen: boolean): string {
  const text = (level: number) => `${Number(level.toPrecision(3))}${isOpen ? '/s' : ''}`;
  return `${index + 1}: ${from === to ? text(from) : `${text(from)} to ${text(to)}`}${isOpen ? '' : ' in flight'}`;
}

function totalMs(stages: readonly LoadStage[]): number {
  return stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

function mostOf(stages: readonly LoadStage[]): number {
  return stages.reduce((most, { from, to }) => Math.max(most, from, to), 1);
}

/** `undefined` of stages that are wrong. */
function meanOf(stages: readonly LoadStage[]): number | undefined {
  const requests = stages.reduce((sum, { durationMs, from, to }) => sum + ((from + to) / 2) * durationMs, 0);
  return requests > 0 ? requests / totalMs(stages) : undefined;
}

/** The trace that says when requests come. */
export function resolveTrace(load: CheckedScenario['load'], context: ResolveContext): Trace | undefined {
  if (load.trace === undefined) return undefined;
  for (const key of ['rate', 'arrivals', 'stages'] as const) {
    if (load[key] === undefined) continue;
    const message = `expected one of trace and ${key}, got both`;
    const hint = 'a trace says when each request comes; trace: { file: …, speed: 4 } makes it quicker';
    context.faults.add({ path: ['load', key], blame: 'key', message, hint });
  }
  const { file, speed } = load.trace;
  return readTrace(file, speed, load.requests, ['load', 'trace'], context);
}

/** Requests per second over the time of a trace; of one request, one. */
function meanRate({ dueUs }: Trace): number {
  const wholeUs = dueUs.at(-1) ?? 0;
  return wholeUs === 0 ? dueUs.length : (dueUs.length / wholeUs) * 1e6;
}

/** A run that ends before has not sent as many of each as it should. */
function refuseOtherEnds(
  { requests, duration, stages }: CheckedScenario['load'],
  exactly: number,
  faults: ResolveContext['faults'],
): void {
  const hint = 'leave it out, or give the requests a weight in place of exactly';
  const message = (got: string) =>
    `expected nothing or the ${exactly} that exactly makes of the requests, got ${got}`;
  if (requests !== undefined && requests !== exactly)
    faults.add({ path: ['load', 'requests'], blame: 'value', message: message(String(requests)), hint });
  if (stages !== undefined)
    faults.add({ path: ['load', 'stages'], blame: 'key', message: message('stages as well'), hint });
  if (duration !== undefined)
    faults.add({ path: ['load', 'duration'], blame: 'key', message: message('a time as well'), hint });
}

type WarmupInput = CheckedScenario['load']['warmup'];

function warmupOf(warmup: WarmupInput): Warmup | undefined {
  // Zero of either kind is no warm-up.
  if (warmup === undefined || warmup.amount === 0) return undefined;
  return warmup.unit === 'requests' ? { requests: warmup.amount } : { durationMs: warmup.amount };
}

/** The trace that a scenario names, as far as it is needed. */
function readTrace(
  file: string,
  speed: number,
  requests: number | undefined,
  at: Path,
  { files, faults }: ResolveContext,
): Trace | undefined {
  let isRead = true;
  return readTraceFile({
    file,
    speed,
    requests,
    eachPiece: (take) => {
      isRead = files.eachPiece(file, at, take);
    },
    onFault: ({ line, message, hint }) => {
      if (line !== undefined) faults.addElsewhere({ file: files.resolve(file), line, message, hint });
      else if (isRead) faults.add({ path: at, blame: 'value', message, hint });
    },
  });
}
