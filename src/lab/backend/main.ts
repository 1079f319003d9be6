import type { LabEvent } from '../../model/plan.js';
import { serveParent } from '../parent.js';
import { type BackendPlan, DemoBackend } from './server.js';

/** What the lab calls in a demo backend's process. `start` comes first. */
export interface BackendCalls {
  start(plan: BackendPlan): Promise<void>;
  act(action: LabEvent['action']): Promise<void>;
  /** Makes it as new for the next run. */
  renew(argument: undefined): void;
  /** Requests received since the start. */
  count(argument: undefined): number;
}

let backend: DemoBackend | undefined;

serveParent<BackendCalls>(
  {
    start: (plan: BackendPlan) => {
      backend = new DemoBackend(plan);
      return backend.listen();
    },
    act: async (action: LabEvent['action']) => backend?.act(action),
    renew: () => backend?.renew(),
    count: () => backend?.received ?? 0,
  },
  () => backend?.close(),
);
