import type { LbbenchError } from '../../model/fault.js';
import type { LabEvent } from '../../model/plan.js';
import { socketAddress } from '../address.js';
import { Child } from '../child.js';
import { removeDeadSocket } from '../listen.js';
import type { BackendCalls } from './main.js';
import type { BackendPlan } from './server.js';

/** A demo backend in a process of its own, seen from the lab. */
export interface Backend {
  readonly address: string;
  readonly pid: number | undefined;
  act(action: LabEvent['action']): Promise<void>;
  /** Makes it as new for the next run. */
  renew(): Promise<void>;
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
 * @throws {LbbenchError} when its address is none, when it cannot listen, or is not ready within 10 s; nothing is left running then
 */
export async function startBackend(plan: BackendPlan): Promise<Backend> {
  const socket = socketAddress(plan.address);
  const child = new Child<BackendCalls>(
    `the demo backend ${plan.address}`,
    new URL('./main.js', import.meta.url),
  );
  const close = async () => {
    await child.stop();
    // One that had to be killed leaves it.
    await removeDeadSocket(socket);
  };
  try {
    await child.call('start', plan);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    address: plan.address,
    pid: child.pid,
    lost: child.lost.then(async (error) => {
      await removeDeadSocket(socket);
      return error;
    }),
    act: (action) => child.call('act', action),
    renew: () => child.call('renew', undefined),
    count: () => child.call('count', undefined),
    close,
  };
}
