import { tallyFor } from '../engine/job-tally.js';
import type { FleetOutcome, LoadJob, LoadResult } from '../engine/load-job.js';
import { resultOf } from '../engine/native/native-engine.js';
import type { ThreadSummary } from '../engine/native/thread-messages.js';
import { share } from '../engine/native/thread-run.js';
import { Schedule } from '../engine/schedule.js';
import type { AgentReport } from '../model/agent-report.js';
import { LbbenchError } from '../model/fault.js';
import type { Warning } from '../model/warning.js';
import { milliseconds } from '../tally/latency-histogram.js';
import { Tally } from '../tally/tally.js';
import { sanitize } from '../text/sanitize.js';
import type { SeatState } from './store.js';
import type { Checkpoint } from './wire.js';

/** Above this a common start is not common enough to be passed over. */
const clockUncertainUs = 10_000;

/** What is known of a seat when the run is over. */
export interface SeatEnd {
  readonly seat: number;
  readonly state: SeatState | undefined;
  readonly checkpoint: Checkpoint | undefined;
  /** What it reported last did not open; `checkpoint` is an earlier one. */
  readonly isUnreadable: boolean;
}

/** What is known of the run itself. */
export interface FleetEnd {
  /** Wall clock of the coordinator at the origin. */
  readonly startedAtMs: number;
  /** Redis' clock at the origin; `undefined` when it never came to that. */
  readonly originUs: number | undefined;
  readonly interrupted: boolean;
  /** Redis forgot the run, or was not heard of for longer than any lease. */
  readonly trouble: 'restarted' | 'away' | undefined;
  /** Of the coordinator's own clock. */
  readonly clockBoundUs: number;
}

/** What became of the requests that one seat was given. They add up to what it claimed, or was due to start. */
interface SeatAccount {
  readonly ended: number;
  readonly lost: number;
  /** Given to it and certainly not started. */
  readonly returned: number;
  readonly claimed: number;
  readonly isBound: boolean;
}

/**
 * Puts together what the seats measured, in the order of their numbers, and accounts for what was not heard of.
 *
 * @throws LbbenchError when no seat ever said anything
 */
export function resultOfSeats(job: LoadJob, seats: readonly SeatEnd[], end: FleetEnd): LoadResult {
  const tally = tallyFor(job);
  const parts: ThreadSummary[] = [];
  const accounts: SeatAccount[] = [];
  const agents: AgentReport[] = [];
  const unreadable: string[] = [];
  for (const seat of seats) {
    const { checkpoint, state } = seat;
    const own = checkpoint && Tally.from(checkpoint.tally);
    const account = accountOf(job, seat, seats.length, own?.ended ?? 0, end);
    accounts.push(account);
    const name = sanitize(state?.agent ?? `seat ${seat.seat + 1}`, 80);
    if (seat.isUnreadable) unreadable.push(name);
    const seconds = (checkpoint?.elapsedUs ?? 0) / 1e6;
    const service = own?.overall('service');
    const isDone = checkpoint?.parts !== undefined;
    agents.push({
      name,
      seat: seat.seat,
      node: sanitize(checkpoint?.node ?? 'unknown', 20),
      threads: checkpoint?.threads,
      addresses: checkpoint?.addresses.map((address) => sanitize(address, 60)) ?? [],
      state: !isDone ? 'lost' : checkpoint.fenced ? 'fenced' : 'done',
      started: account.ended,
      rps: own !== undefined && seconds > 0 ? own.responses / seconds : undefined,
      serviceP99Ms: milliseconds(service?.percentileUs(99)),
      lost: account.lost,
      lostFromMs: isDone ? undefined : (checkpoint?.elapsedUs ?? 0) / 1000,
      startLateMs: milliseconds(checkpoint?.lateUs),
      clockBoundMs: milliseconds(checkpoint && checkpoint.clockBoundUs + end.clockBoundUs),
    });
    service?.release();
    if (checkpoint === undefined || own === undefined) continue;
    tally.add(own);
    own.release();
    parts.push(...(checkpoint.parts ?? [withoutEnd(checkpoint)]));
  }
  if (parts.length === 0) {
    throw new LbbenchError('unmeasurable', [
      {
        path: '--agents',
        message: end.interrupted
          ? 'the run was interrupted before anything was measured'
          : unreadable.length > 0
            ? `${unreadableText(unreadable)}, and nothing else was reported`
            : 'no agent reported anything: all were lost before their first word',
        hint: 'look at what the agents say on their own terminals',
      },
    ]);
  }
  const result = resultOf(job, { tally, parts }, (us) => end.startedAtMs + us / 1000);
  const requests = job.load.model === 'closed' ? job.load.requests : undefined;
  const claimed = accounts.reduce((sum, account) => sum + account.claimed, 0);
  const fleet: FleetOutcome = {
    lost: accounts.reduce((sum, { lost }) => sum + lost, 0),
    isBound: end.trouble === undefined && accounts.every(({ isBound }) => isBound),
    neverStarted:
      accounts.reduce((sum, { returned }) => sum + returned, 0) +
      (requests === undefined ? 0 : Math.max(0, requests - claimed)),
    agents,
  };
  return {
    ...result,
    interrupted: end.interrupted,
    warnings: [...result.warnings, ...fleetWarnings(fleet, unreadable, end)],
    fleet,
  };
}

function accountOf(
  { load, seed }: LoadJob,
  { seat, state, checkpoint }: SeatEnd,
  seats: number,
  ended: number,
  end: FleetEnd,
): SeatAccount {
  const isDone = checkpoint?.parts !== undefined;
  if (load.model === 'open') {
    const schedule = new Schedule(load, seed, seat, seats);
    const most = load.requests ?? Number.POSITIVE_INFINITY;
    const wholeUs = (load.durationMs ?? Number.POSITIVE_INFINITY) * 1000;
    // Nothing is started after the lease, which the seat believes to be shorter than Redis does.
    const leaseUs = end.originUs === undefined ? 0 : Math.max(0, (state?.leaseUs ?? 0) - end.originUs);
    let due = 0;
    let dueInLease = 0;
    for (; schedule.index < most && schedule.dueUs < wholeUs; schedule.advance()) {
      due++;
      if (schedule.dueUs < leaseUs) dueInLease++;
      // A run without an end of its own: what lies behind the lease was never due.
      else if (most === Number.POSITIVE_INFINITY && wholeUs === Number.POSITIVE_INFINITY) break;
    }
    if (isDone) return { ended, lost: 0, returned: Math.max(0, due - ended), claimed: due, isBound: true };
    const lost = Math.max(0, dueInLease - ended);
    return { ended, lost, returned: Math.max(0, due - ended - lost), claimed: due, isBound: true };
  }
  if (load.requests === undefined) {
    // Nobody counts what a dead machine started; at the last word it had as many in flight as it may.
    const lost = isDone ? 0 : share(load.concurrency, { index: seat, count: seats });
    return { ended, lost, returned: 0, claimed: ended + lost, isBound: isDone };
  }
  const claimed = Math.max(state?.claimed ?? 0, checkpoint?.claimed ?? 0, ended);
  return isDone
    ? { ended, lost: 0, returned: claimed - ended, claimed, isBound: true }
    : { ended, lost: claimed - ended, returned: 0, claimed, isBound: true };
}

/** What can be said of the threads of a machine that did not come to its end. */
function withoutEnd({ elapsedUs }: Checkpoint): ThreadSummary {
  return {
    firstStartUs: 0,
    lastByteUs: elapsedUs,
    gaveUp: false,
    warmup: undefined,
    first: undefined,
    interrupted: false,
    health: { busyRatio: 0, starts: 0, lateStarts: 0 },
    lostUs: 0,
    standstills: { count: 0, longestUs: 0, requests: 0 },
  };
}

function unreadableText(names: readonly string[]): string {
  return `what ${names.join(', ')} reported last cannot be read: it was sealed with another secret, or is damaged`;
}

function fleetWarnings(
  { agents, isBound }: FleetOutcome,
  unreadable: readonly string[],
  end: FleetEnd,
): Warning[] {
  const warnings: Warning[] = [];
  if (unreadable.length > 0) warnings.push({ code: 'agent-lost', text: unreadableText(unreadable) });
  if (end.trouble !== undefined) {
    warnings.push({
      code: 'agent-lost',
      text:
        end.trouble === 'restarted'
          ? 'Redis was started again during the run and may have forgotten part of it: the run was ended'
          : 'Redis was not to be reached for longer than agents may go on without it: the run was ended',
    });
  }
  for (const agent of agents) {
    if (agent.state === 'done') continue;
    const from = ((agent.lostFromMs ?? 0) / 1000).toFixed(1);
    warnings.push({
      code: 'agent-lost',
      text:
        agent.state === 'fenced'
          ? `agent ${agent.name} was out of touch for longer than its lease and stopped by itself: what it measured counts`
          : `agent ${agent.name} was not heard of after ${from} s: ${isBound ? `at most ${agent.lost}` : 'some'} of its requests may have been sent without being measured`,
    });
  }
  const bounds = agents.flatMap(({ clockBoundMs }) => clockBoundMs ?? []);
  const worst = Math.max(0, ...bounds);
  if (worst * 1000 > clockUncertainUs) {
    warnings.push({
      code: 'clock-uncertain',
      text: `the agents began together only to within ${worst.toFixed(0)} ms: the way to Redis is slow or uneven`,
    });
  }
  return warnings;
}
