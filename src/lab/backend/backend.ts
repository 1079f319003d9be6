import type { LbbenchError } from '../../model/fault.js';
import type { LabEvent } from '../../model/plan.js';
import { Child } from '../child.js';
import type { BackendCalls } from './main.js';
import type { BackendPlan } from './server.js';

/** A demo backend in a process of its own, seen from the lab. */
export interface Backend {
  readonly address: string;
  readonly pid: number | undefined;
  act(action: LabEvent['action']): Promise<void>;
  /** Requests it has received since its start. */
  count(): Promise<number>;
  /** Settles, saying how, when its process has ended by itself or was killed. */
  readonly lost: Promise<LbbenchError>;
  /** Ends its process. */
  close(): Promise<void>;
}

/**
 * Starts a demo backend and waits until it listens.
 *
 * @throws {LbbenchError} when it cannot listen, or is not ready within 10 s; nothing is left running then
 */
export async function startBackend(plan: BackendPlan): Promise<Backend> {
  const child = new Child<BackendCalls>(
    `the demo backend ${plan.address}`,
    new URL('./main.js', import.meta.url),
  );
  try {
    await child.call('start', plan);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    address: plan.address,
    pid: child.pid,
    lost: child.lost,
    act: (action) => child.call('act', action),
    count: () => child.call('count', undefined),
    close: () => child.stop(),
  };
}
