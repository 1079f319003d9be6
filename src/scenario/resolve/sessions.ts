import type { LoadPlan, Plan, SessionPlan } from '../../model/plan.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';

/** With a rate nobody knows how many requests are in flight. */
const defaultOpen = 32;

/** The sessions that the requests belong to. */
export function resolveSessions(
  { sessions, requests, load: given }: CheckedScenario,
  load: LoadPlan,
  { faults }: ResolveContext,
): Pick<Plan, 'sessions'> {
  if (sessions === undefined) return {};
  const { turns } = sessions;
  const isClosed = load.model === 'closed';
  const open = sessions.open ?? (isClosed ? 2 * load.concurrency : defaultOpen);
  if (isClosed && open < load.concurrency) {
    faults.add(
      {
        path: ['sessions', 'open'],
        blame: 'value',
        message: `expected at least as many sessions as requests in flight (${load.concurrency}), got ${open}`,
        hint: 'two turns of one session would be in flight at once',
      },
      ['load', 'concurrency'],
    );
  }
  if (given.trace !== undefined) {
    const message = 'expected one of sessions and load.trace, got both';
    const hint = 'a trace says which request comes when; it knows of no sessions';
    faults.add({ path: ['sessions'], blame: 'key', message, hint });
  }
  if (requests?.some((request) => request.exactly !== undefined)) {
    const message = 'expected no requests of an exact number with sessions, got some';
    const hint = 'all turns of a session are of one kind: use weight';
    faults.add({ path: ['sessions'], blame: 'key', message, hint });
  }
  const plan: SessionPlan = { turns, open };
  return { sessions: plan };
}
