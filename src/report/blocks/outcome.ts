import { errorRatio, errorResponses, failures } from '../../figures/counts.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatQuantity,
  formatRate,
} from '../../figures/format.js';
import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { type Fact, type Facts, facts } from './block.js';

/** `nginx 1.22.1 · native engine · 1,000 requests, 10 in flight · 2.21 s`: what was sent, by what, through what. */
export function loadText({ balancer, engine, wire, load, outcomes, stages }: RunReport): string {
  const upTo = stages === undefined ? '' : 'up to ';
  const rate =
    load.model === 'open'
      ? `${formatRate(load.ratePerSec)}/s due, at most ${formatCount(load.concurrency)} in flight`
      : `${upTo}${formatCount(load.concurrency)} in flight`;
  return [
    sanitize(balancer, 120),
    `${sanitize(engine, 60)} engine${wire === undefined ? '' : wireText(wire)}`,
    `${formatQuantity(outcomes.started, 'request')}, ${rate}`,
    formatDuration(load.durationMs),
  ].join(' · ');
}

/** ` over io_uring, dated by the kernel`; ` over Node (TLS is read by Node)`. */
function wireText({ name, clock, why }: NonNullable<RunReport['wire']>): string {
  const reason = why === undefined ? '' : ` (${sanitize(why, 120)})`;
  return ` over ${wireNames[name]}${clock === 'kernel' ? ', dated by the kernel' : ''}${reason}`;
}

const wireNames = { uring: 'io_uring', epoll: 'epoll', node: 'Node' } as const;

/** How the requests of a run ended. */
export function outcomeFacts(run: RunReport): Facts {
  const { outcomes, bytes, load, status } = run;
  const perSec = bytes.received === undefined ? undefined : bytes.received / (load.durationMs / 1000);
  const rate = load.durationMs > 0 && perSec !== undefined ? `; ${formatBytes(perSec)}/s` : '';
  const answered = statusText(status);
  return facts(
    { label: 'Requests/s', value: formatRate(run.rps), note: successRate(run) },
    {
      label: 'Responses',
      value: formatCount(outcomes.responses),
      note: `of ${formatCount(outcomes.started)} started${answered === '' ? '' : `: ${answered}`}`,
    },
    errorFact(errorRatio(run), errorText(run)),
    {
      label: 'Received',
      value: formatBytes(bytes.received),
      note: `${formatBytes(bytes.body)} of it bodies${rate}`,
    },
    notProxiedFact(run.notProxied),
    (run.resent ?? 0) > 0
      ? {
          label: 'Resent',
          value: formatCount(run.resent),
          note: 'on a new connection: the kept one had been closed',
        }
      : undefined,
    outcomes.droppedStarts > 0
      ? {
          label: 'Never started',
          value: formatCount(outcomes.droppedStarts),
          note: 'were due while as many as allowed were in flight',
          mood: 'bad',
        }
      : undefined,
  );
}

/** The balancer's own answers, which stand apart from those of the backends. */
export function notProxiedFact(count = 0): Fact | undefined {
  return count > 0
    ? {
        label: 'Not proxied',
        value: formatCount(count),
        note: 'no backend was asked: local pages, cache hits, requests refused before',
      }
    : undefined;
}

/** What of the rate was no error, where that reads otherwise. */
function successRate({ rps, successes }: RunReport): string | undefined {
  const text = successes && formatRate(successes.rps);
  return text === undefined || text === formatRate(rps) ? undefined : `${text} without the errors`;
}

export function errorFact(ratio: number | undefined, note: string | undefined) {
  return {
    label: 'Errors',
    value: formatPercent(ratio),
    note,
    mood: ratio !== undefined && ratio > 0 ? ('bad' as const) : undefined,
  };
}

/** `20 responses of status 400 and above`; nothing where there are none. */
export function answeredErrors({
  status,
  successes,
  outcomes: { responses, failedChecks = 0 },
}: Pick<RunReport, 'status' | 'successes' | 'outcomes'>): string | undefined {
  const above = errorResponses(status);
  const answered = successes === undefined ? above : responses - successes.count - failedChecks;
  if (answered <= 0) return undefined;
  const which = answered === above ? 'of status 400 and above' : 'that count as errors';
  return `${formatQuantity(answered, 'response')} ${which}`;
}

function errorText(run: RunReport): string {
  const { outcomes } = run;
  const parts = failures(outcomes).map(({ count, kind }) => `${formatCount(count)} ${kind}`);
  const answered = answeredErrors(run);
  return [...parts, ...(answered === undefined ? [] : [answered])].join(', ');
}

/** `961 × 200, 20 × 502`. */
export function statusText(status: RunReport['status']): string {
  const most = 12;
  const more = Object.keys(status).length - most;
  return [...statusCounts(status, most), ...(more > 0 ? [`${more} more statuses`] : [])].join(', ');
}

/** How many responses of each of the first `most` statuses. */
export function statusCounts(status: RunReport['status'], most: number): string[] {
  return Object.entries(status)
    .slice(0, most)
    .map(([code, count]) => `${formatCount(count)} × ${sanitize(code, 20)}`);
}
