import type { SimulationReport } from '../../model/simulation.js';
import type { Warning } from '../../model/warning.js';
import type { KeyRequest } from '../../nginx/variables.js';
import { toolInfo } from '../tool.js';
import { simulatedAlgorithms } from './algorithms.js';
import { Lane, type RequestTimes } from './lane.js';
import { ListedRequests, type RequestLists } from './listed-requests.js';
import { Picks } from './picks.js';
import { readPool } from './read-pool.js';
import { isRefusedTarget } from './refused-target.js';

export interface SimulationOptions {
  /** File with an `upstream` block, or a whole configuration. */
  readonly upstreamFile: string;
  /** Which block; needed where there are several. */
  readonly upstreamName?: string | undefined;
  /** Directives such as `ip_hash`; the block's own method when empty. */
  readonly algorithms: readonly string[];
  readonly requests: RequestLists;
  /** Of glibc's generator behind the random methods; each algorithm starts it anew. */
  readonly seed: number;
  /** Takes what was picked, some lines at a time; the next are made when it has settled. */
  readonly onPicks?: ((text: string) => Promise<void>) | undefined;
}

/**
 * What balancing methods would do with the same requests: no traffic is sent, and memory does not grow with the number
 * of requests.
 *
 * @throws LbbenchError when a file cannot be used
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const { upstream, warnings } = await readPool(options.upstreamFile, options.upstreamName);
  const algorithms = simulatedAlgorithms(options.algorithms, upstream.algorithm);
  const lanes = algorithms.map((algorithm) => new Lane(algorithm, upstream, options.seed));
  const requests = new ListedRequests(options.requests);
  const picks = new Picks(
    lanes.map(({ name }) => name),
    options.onPicks,
  );
  const course = new Course(lanes, picks);
  try {
    for (let request = requests.next(); request !== undefined; request = requests.next()) {
      course.take(request, undefined);
      if (picks.isFull) await picks.flush();
    }
    await picks.flush();
  } finally {
    requests.close();
  }
  return {
    schema: 'lbbench.simulation/1',
    tool: toolInfo(),
    upstream: upstream.name,
    seed: options.seed,
    requests: course.requests,
    refused: course.refused,
    durationMs: undefined,
    runs: lanes.map((lane) => lane.result(undefined)),
    warnings: [...warnings, ...course.warnings()],
  };
}

/** Leads requests through all lanes. */
class Course {
  requests = 0;
  refused = 0;

  constructor(
    readonly lanes: readonly Lane[],
    readonly picks: Picks,
  ) {}

  take(request: KeyRequest, times: RequestTimes | undefined): void {
    this.requests += 1;
    if (isRefusedTarget(request.uri)) {
      this.refused += 1;
      this.picks.refused();
      return;
    }
    for (const lane of this.lanes) this.picks.add(lane.place(request, times));
  }

  warnings(): Warning[] {
    if (this.refused === 0) return [];
    return [
      {
        code: 'errors',
        text: `${this.refused} of ${this.requests} requests have a target that nginx answers with 400 before it balances; their pick is "-"`,
      },
    ];
  }
}
