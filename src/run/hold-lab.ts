import { unlessAborted } from '../engine/unless-aborted.js';
import type { Lab, LabOptions } from '../lab/lab.js';
import type { Algorithm } from '../model/algorithm.js';
import { LbbenchError } from '../model/fault.js';
import type { LabPlan, Plan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import { formatAlgorithm } from '../nginx/algorithm.js';
import { formatServerLine } from '../nginx/server-line.js';
import { hiding } from '../text/secrets.js';
import { withPoolAddresses } from './expected-pool.js';
import { hidingFaults } from './run-control.js';

/** A lab that is kept up for other programs. */
export interface HeldLab {
  /** `nginx 1.22.1` or `embedded`. */
  readonly balancer: string;
  /** `http://127.0.0.1:8080/`. */
  readonly url: string;
  /** As nginx's directive. */
  readonly algorithm: string;
  /** The scenario's other methods. */
  readonly otherAlgorithms: readonly string[];
  readonly servers: readonly {
    readonly line: string;
    readonly address: string;
    /** Of a demo backend; `undefined` for one that ran already. */
    readonly latencyMs: number | undefined;
  }[];
  readonly accessLog: string;
  /** Events of the drill that the scenario has; here none of them happens. */
  readonly eventCount: number;
  /** Aborted when the balancer has ended, with an `LbbenchError` as the reason; a backend may end, and is told. */
  readonly broken: AbortSignal;
  /** Requests that each demo backend has received, failed attempts included, by address; `undefined` when it has ended. */
  backendCounts(): Promise<Record<string, number | undefined>>;
  close(): Promise<void>;
}

/**
 * Starts the lab of a plan, balancing by its first method, and leaves it up until `close`.
 *
 * @throws LbbenchError of kind `usage` when the scenario has no lab, `unmeasurable` when it does not start; the signal's
 * reason when it is aborted before the lab is up
 */
export function holdLab(
  asked: Plan,
  file: string,
  onWarning: (warning: Warning) => void,
  signal: AbortSignal,
): Promise<HeldLab> {
  const hide = hiding(asked.secrets ?? []);
  return hidingFaults(hide, () => startHeld(asked, file, (warning) => onWarning(hide(warning)), signal));
}

async function startHeld(
  asked: Plan,
  file: string,
  onWarning: (warning: Warning) => void,
  signal: AbortSignal,
): Promise<HeldLab> {
  const plan = await unlessAborted(withPoolAddresses(asked, onWarning), signal);
  const [algorithm, ...others] = plan.algorithms;
  if (plan.lab === undefined || algorithm === undefined) throw noLab(plan, file);
  const onLostBackend = ({ message: text }: LbbenchError) => onWarning({ code: 'lab', text });
  const options = { seed: plan.seed, algorithm, onWarning, onLostBackend };
  const lab = await startedLab(plan.lab, options, signal);
  return heldLab(lab, plan.lab, algorithm, others);
}

/**
 * A lab that is up.
 *
 * @throws LbbenchError as `startLab` does; the signal's reason when it is aborted before, and what has started ends unheard
 */
export async function startedLab(
  plan: LabPlan,
  options: LabOptions,
  signal: AbortSignal | undefined,
): Promise<Lab> {
  const { startLab } = await import('../lab/lab.js');
  const starting = startLab(plan, options);
  try {
    return await unlessAborted(starting, signal);
  } catch (error) {
    void starting.then(
      (lab) => lab.close(),
      () => {},
    );
    throw error;
  }
}

function heldLab(lab: Lab, plan: LabPlan, algorithm: Algorithm, others: readonly Algorithm[]): HeldLab {
  return {
    balancer: lab.balancer,
    url: lab.target.url,
    algorithm: formatAlgorithm(algorithm),
    otherAlgorithms: others.map(formatAlgorithm),
    servers: lab.servers.map(({ line, behaviour }) => ({
      line: formatServerLine(line),
      address: line.address,
      latencyMs: behaviour?.latencyMs,
    })),
    accessLog: lab.accessLog,
    eventCount: plan.events.length,
    broken: lab.broken,
    backendCounts: () => lab.backendCounts(),
    close: () => lab.close(),
  };
}

function noLab({ target }: Plan, file: string): LbbenchError {
  return new LbbenchError('usage', [
    {
      file,
      path: 'lab',
      message: `expected a lab to start, got ${target === undefined ? 'none' : 'a target that already runs'}`,
      hint: 'write lab: { servers: [127.0.0.1:8001, 127.0.0.1:8002] } instead of target',
    },
  ]);
}
