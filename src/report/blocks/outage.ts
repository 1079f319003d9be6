import {
  formatCount,
  formatDuration,
  formatPercent,
  formatQuantity,
  formatRate,
  formatShare,
  notAvailable,
} from '../../figures/format.js';
import type { Outage, OutagePeriod } from '../../model/failover.js';
import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { columnsOver, type Fact, name, type Paragraph, type Table, trouble } from './block.js';

/** What each outage of a drill did to the shares and to the client, and how the balancer coped; nothing without a drill. */
export function outageParagraphs({ failover }: RunReport): Paragraph[] {
  return (failover?.outages ?? []).map((outage) => [
    { kind: 'heading', text: outageTitle(outage), isInside: true },
    outageTable(outage),
    { kind: 'facts', facts: outageFacts(outage) },
  ]);
}

/** `Drill: stop 127.0.0.1:8002 from 1.00 s to 3.00 s (max_fails=1 fail_timeout=10s)`. */
export function outageTitle({ action, backend, fromMs, untilMs, maxFails, failTimeoutSec }: Outage): string {
  const end = untilMs === undefined ? 'to the end' : `to ${formatDuration(untilMs)}`;
  const rule = `max_fails=${maxFails} fail_timeout=${failTimeoutSec}s`;
  return `Drill: ${action} ${sanitize(backend, 60)} from ${formatDuration(fromMs)} ${end} (${rule})`;
}

/** Shares before, during and after an outage, and the trouble that each backend had during it. */
export function outageTable({ before, during, after }: Outage): Table {
  const { text, figure } = columnsOver(during.backends);
  return {
    kind: 'table',
    title: 'Share',
    columns: [
      text('backend', ({ address }) => name(address)),
      figure('before', (_, index) => formatShare(before.backends[index]?.share)),
      figure('during', ({ share }) => formatShare(share)),
      ...(after === undefined
        ? []
        : [figure('after', (_, index) => formatShare(after.backends[index]?.share))]),
      trouble(figure('passed on', ({ retries }) => formatCount(retries), { givesWay: 1 })),
      trouble(figure('errors', ({ errors }) => formatCount(errors), { givesWay: 2 })),
    ],
  };
}

/** How the balancer coped, for people. */
export function outageFacts(outage: Outage): Fact[] {
  const { before, during, after, takenOut, backMs, keys, untilMs } = outage;
  const lost = during.failures + during.errors;
  const rates = [`${formatRate(rateOf(before))}/s before`];
  if (after !== undefined) rates.push(`${formatRate(rateOf(after))}/s after`);
  const figures: Fact[] = [
    {
      label: 'Client saw',
      value: formatQuantity(lost, 'error'),
      note: `of ${formatQuantity(during.requests, 'request')}: ${formatCount(during.failures)} without a response, ${formatCount(during.errors)} of status 400 and above; ${formatQuantity(during.retries, 'attempt')} passed on to another backend`,
      mood: lost > 0 ? 'bad' : undefined,
    },
    { label: 'Rate', value: `${formatRate(rateOf(during))}/s`, note: rates.join(', ') },
    takenOut === undefined
      ? { label: 'Taken out', value: 'no', note: whyNotOut(outage) }
      : {
          label: 'Taken out',
          value: takenOut.afterMs === 0 ? 'at once' : `after ${formatDuration(takenOut.afterMs)}`,
          note: `got no more requests after ${formatQuantity(takenOut.failures, 'failed attempt')}; ${formatQuantity(takenOut.probes, 'probe')} later`,
        },
  ];
  if (untilMs !== undefined && after !== undefined) {
    figures.push({
      label: 'Back',
      value: backMs === undefined ? notAvailable : `after ${formatDuration(backMs)}`,
      note: backNote(outage),
      mood: backMs === undefined ? 'doubtful' : undefined,
    });
  }
  if (keys !== undefined && keys.compared > 0) {
    figures.push({
      label: 'Keys moved',
      value: formatPercent(keys.moved / keys.compared),
      note: `of ${formatQuantity(keys.compared, 'key')} seen before and during; ideal ${formatPercent(keys.owned / keys.compared)}, those of the backend; ${formatCount(keys.needless)} needlessly`,
      mood: keys.needless > 0 ? 'doubtful' : undefined,
    });
  }
  return figures;
}

/** Requests that ended, a second. */
function rateOf({ fromMs, toMs, requests }: OutagePeriod): number | undefined {
  return toMs > fromMs ? (requests / (toMs - fromMs)) * 1000 : undefined;
}

function whyNotOut({ action, maxFails, failedAttempts }: Outage): string {
  switch (action) {
    case 'error':
      return 'its errors are answers: nginx passes them on and counts connect errors and timeouts only';
    case 'slow':
      return 'a slow answer is no failure before proxy_read_timeout (60 s)';
    case 'hang':
      return 'silence is no failure before proxy_read_timeout (60 s)';
    case 'stop':
      if (failedAttempts === 0) return 'no attempt at it failed';
      return maxFails === 0 ? 'max_fails=0 keeps it in' : 'too few requests to tell';
  }
}

function backNote({ takenOut, failTimeoutSec, backMs }: Outage): string {
  if (backMs === undefined) return 'no request reached it after its start, or the run was too short';
  if (takenOut === undefined) return 'from its start to the first request it answered well';
  return `from its start to the first request it answered; fail_timeout allows up to ${formatDuration((failTimeoutSec + 1) * 1000)}`;
}
