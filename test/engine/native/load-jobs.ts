import type { LoadJob } from '../../../src/engine/load-job.js';
import { openWire } from '../../../src/engine/native/open-wire.js';
import type { LoadPlan, WireName } from '../../../src/model/plan.js';

const load: LoadPlan = {
  model: 'closed',
  requests: 20,
  durationMs: undefined,
  concurrency: 4,
  ratePerSec: undefined,
  arrivals: 'constant',
  warmup: undefined,
  keepAlive: true,
  httpVersion: '1.1',
  // Long, so that a busy machine does not time out what a test does not mean to.
  timeoutMs: 10_000,
  sourceAddresses: [],
  retryStale: false,
  // On this thread, where tests can look into it; suites of wires ask for others.
  wire: 'node',
};

/** The wires that this machine has; the tests of what they have in common run over each of them. */
export const wires: readonly WireName[] = await availableWires();

async function availableWires(): Promise<WireName[]> {
  const available: WireName[] = [];
  for (const wire of ['node', 'epoll', 'uring'] as const) {
    try {
      (await openWire(jobFor(1).target, { ...load, wire }, '127.0.0.1')).wire.close();
      available.push(wire);
    } catch (error) {
      console.log(`not tested over ${wire}: ${(error as Error).message}`);
    }
  }
  return available;
}

/** `jobFor` over a wire. */
export function jobsOver(wire: WireName): typeof jobFor {
  return (port, changes, others) => jobFor(port, { wire, ...changes }, others);
}

/** A small job against a port of loopback. */
export function jobFor(
  port: number,
  changes: Partial<LoadPlan> = {},
  others: Partial<LoadJob> = {},
): LoadJob {
  return {
    target: {
      url: `http://127.0.0.1:${port}/`,
      tls: undefined,
      host: '127.0.0.1',
      port,
      socketPath: undefined,
      authority: `127.0.0.1:${port}`,
      pathPrefix: '',
    },
    load: { ...load, ...changes },
    requests: [{ name: 'GET /', method: 'GET', path: '/', headers: [], body: undefined, weight: 1 }],
    attribution: { by: 'header', name: 'x-upstream' },
    seed: 1,
    threads: 1,
    userAgent: 'lbbench/test',
    poolNames: [],
    knownBackends: [],
    abColumns: false,
    resendsUnseen: false,
    samples: false,
    ...others,
  };
}
