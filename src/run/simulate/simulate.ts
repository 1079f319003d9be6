import { LbbenchError } from '../../model/fault.js';
import type { SimulationReport } from '../../model/simulation.js';
import type { Upstream } from '../../model/upstream.js';
import type { Warning } from '../../model/warning.js';
import type { KeyRequest } from '../../nginx/variables.js';
import { toolInfo } from '../tool.js';
import { type SimulatedAlgorithm, simulatedAlgorithms } from './algorithms.js';
import { InferenceLane } from './inference-lane.js';
import { needsHeaders, variablesOf } from './key-variables.js';
import { Lane, type RequestTimes } from './lane.js';
import { ListedRequests, type RequestLists } from './listed-requests.js';
import { LoggedLoads, type LogSource } from './logged-load.js';
import { Picks } from './picks.js';
import { poolIn, readConfiguration } from './read-pool.js';
import { isRefusedTarget } from './refused-target.js';
import { openTrace, type TraceSource, tracedRequest, traceWarnings } from './traced-load.js';

export interface SimulationOptions {
  /** File with an `upstream` block, or a whole configuration. */
  readonly upstreamFile: string;
  /** Which block; needed where there are several. */
  readonly upstreamName?: string | undefined;
  /** Directives such as `ip_hash`; the block's own method when empty. */
  readonly algorithms: readonly string[];
  /** Lists of requests that follow each other, a log of requests that overlap, or a trace of a language model's. */
  readonly requests: RequestLists | LogSource | TraceSource;
  /** Of glibc's generator behind the random methods; each algorithm starts it anew. */
  readonly seed: number;
  /** Takes what was picked, some lines at a time, in order of arrival; the next are made when it has settled. */
  readonly onPicks?: ((text: string) => Promise<void>) | undefined;
}

/**
 * What balancing methods would do with the same requests: no traffic is sent, and memory does not grow with the number
 * of requests.
 *
 * @throws LbbenchError when a file cannot be used
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const { requests: source, seed } = options;
  const config = readConfiguration(options.upstreamFile);
  const { upstream, warnings } = await poolIn(
    config,
    options.upstreamFile,
    options.upstreamName,
    '--upstream-name',
  );
  const algorithms = simulatedAlgorithms(options.algorithms, upstream.algorithm);
  if ('trace' in source) return simulateTrace(source, options, algorithms, upstream, warnings);
  const lanes = algorithms.map((algorithm) => new Lane(algorithm, upstream, seed));
  const picks = new Picks(
    lanes.map(({ name }) => name),
    options.onPicks,
  );
  const course = new Course(lanes, picks);
  let durationMs: number | undefined;
  let sourceWarnings: readonly Warning[];
  if ('file' in source) {
    const log = await LoggedLoads.open(
      source,
      (conf) => (conf === options.upstreamFile ? config : readConfiguration(conf)),
      algorithms,
      upstream.servers.map(({ address }) => address),
    );
    for await (const loads of log.read()) {
      for (const { request, times, isBalanced } of loads) {
        if (isBalanced) course.take(request, times);
        else course.leaveOut();
      }
      await picks.flush();
    }
    if (course.requests === 0) {
      const message = 'expected a log with requests, got none that can be read';
      throw new LbbenchError('usage', [{ file: source.file, message }]);
    }
    durationMs = log.durationMs;
    sourceWarnings = log.warnings();
  } else {
    await placeListed(source, course, picks);
    sourceWarnings = listWarnings(source, algorithms);
  }
  return {
    schema: 'lbbench.simulation/1',
    tool: toolInfo(),
    upstream: upstream.name,
    seed,
    requests: course.requests,
    notBalanced: course.notBalanced,
    durationMs,
    runs: lanes.map((lane) => lane.result(durationMs)),
    warnings: [...warnings, ...sourceWarnings, ...course.warnings()],
  };
}

/** Requests to language models, through servers that take their time with them. */
async function simulateTrace(
  source: TraceSource,
  { seed, onPicks }: SimulationOptions,
  algorithms: readonly SimulatedAlgorithm[],
  upstream: Upstream,
  warnings: readonly Warning[],
): Promise<SimulationReport> {
  const trace = openTrace(source);
  const lanes = algorithms.map((one) => new InferenceLane(one, upstream, source.servers, trace, seed));
  const picks = new Picks(
    lanes.map(({ name }) => name),
    onPicks,
  );
  const requests = trace.dueUs.length;
  for (let row = 0; row < requests; row += 1) {
    const request = tracedRequest(trace, row);
    for (const lane of lanes) picks.add(lane.place(row, request));
    if (picks.isFull) await picks.flush();
  }
  await picks.flush();
  for (const lane of lanes) lane.finish();
  return {
    schema: 'lbbench.simulation/1',
    tool: toolInfo(),
    upstream: upstream.name,
    seed,
    requests,
    notBalanced: 0,
    durationMs: Math.max(...lanes.map(({ durationMs }) => durationMs)),
    runs: lanes.map((lane) => lane.result()),
    warnings: [...warnings, ...traceWarnings(trace, algorithms)],
  };
}

async function placeListed(lists: RequestLists, course: Course, picks: Picks): Promise<void> {
  const requests = new ListedRequests(lists);
  try {
    for (let request = requests.next(); request !== undefined; request = requests.next()) {
      course.take(request, undefined);
      if (picks.isFull) await picks.flush();
    }
    await picks.flush();
  } finally {
    requests.close();
  }
}

/** What the lists do not tell and an algorithm looks at. */
function listWarnings({ addresses }: RequestLists, algorithms: readonly SimulatedAlgorithm[]): Warning[] {
  return algorithms.flatMap((algorithm): Warning[] => {
    const variables = variablesOf(algorithm);
    const unknown = variables.filter(needsHeaders).map((name) => `$${name}`);
    const warnings: Warning[] = [];
    if (unknown.length > 0) {
      const text = `${algorithm.name}: requests from lists have no headers, so ${unknown.join(', ')} is empty; a log may carry it`;
      warnings.push({ code: 'configuration', text });
    }
    if (addresses === undefined && variables.some((name) => name.endsWith('remote_addr'))) {
      const text = `${algorithm.name}: all requests come from 127.0.0.1; --addresses gives others`;
      warnings.push({ code: 'one-source-network', text });
    }
    return warnings;
  });
}

/** Leads requests through all lanes. */
class Course {
  requests = 0;
  notBalanced = 0;
  #refused = 0;

  constructor(
    readonly lanes: readonly Lane[],
    readonly picks: Picks,
  ) {}

  take(request: KeyRequest, times: RequestTimes | undefined): void {
    if (isRefusedTarget(request.uri)) {
      this.#refused += 1;
      this.leaveOut();
      return;
    }
    this.requests += 1;
    for (const lane of this.lanes) this.picks.add(lane.place(request, times));
  }

  /** Counts a request that no backend is asked for. */
  leaveOut(): void {
    this.requests += 1;
    this.notBalanced += 1;
    this.picks.notBalanced();
  }

  warnings(): Warning[] {
    const unasked = this.notBalanced - this.#refused;
    const of = `of ${this.requests} requests`;
    const warnings: Warning[] = [];
    if (this.#refused > 0) {
      const text = `${this.#refused} ${of} have a target that nginx answers with 400 before it balances; their pick is "-"`;
      warnings.push({ code: 'errors', text });
    }
    if (unasked > 0) {
      const text = `${unasked} ${of} were answered without a backend, as the log says; their pick is "-"`;
      warnings.push({ code: 'unattributed', text });
    }
    return warnings;
  }
}
