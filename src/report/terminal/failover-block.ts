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
import { wrap } from './display-width.js';
import { type Figure, figureList } from './figure-list.js';
import type { Paint } from './paint.js';
import { renderTable } from './table.js';

/** What each outage of a drill did to the shares and to the client, and how the balancer coped; nothing without a drill. */
export function failoverBlock({ failover }: RunReport, width: number, paint: Paint): string[] {
  return (failover?.outages ?? []).flatMap((outage) => [
    '',
    ...wrap(outageTitle(outage), width - 2).map((line) => `  ${paint.bold(line)}`),
    ...shareTable(outage, width, paint),
    ...figureList(outageFigures(outage), width, paint),
  ]);
}

/** `Drill: stop 127.0.0.1:8002 from 1.00 s to 3.00 s (max_fails=1 fail_timeout=10s)`. */
export function outageTitle({ action, backend, fromMs, untilMs, maxFails, failTimeoutSec }: Outage): string {
  const end = untilMs === undefined ? 'to the end' : `to ${formatDuration(untilMs)}`;
  const rule = `max_fails=${maxFails} fail_timeout=${failTimeoutSec}s`;
  return `Drill: ${action} ${sanitize(backend, 60)} from ${formatDuration(fromMs)} ${end} (${rule})`;
}

function shareTable({ before, during, after }: Outage, width: number, paint: Paint): string[] {
  const shares = (period: OutagePeriod | undefined) =>
    during.backends.map((_, index) => formatShare(period?.backends[index]?.share));
  const right = { align: 'right', dropOrder: 0 } as const;
  return renderTable(
    [
      {
        head: 'Share',
        align: 'left',
        dropOrder: 0,
        cells: during.backends.map(({ address }) => sanitize(address, 60)),
      },
      { ...right, head: 'before', cells: shares(before) },
      { ...right, head: 'during', cells: shares(during) },
      ...(after === undefined ? [] : [{ ...right, head: 'after', cells: shares(after) }]),
      {
        ...right,
        dropOrder: 1,
        head: 'passed on',
        cells: during.backends.map((one) => formatCount(one.retries)),
      },
      {
        ...right,
        dropOrder: 2,
        head: 'errors',
        cells: during.backends.map((one) => formatCount(one.errors)),
      },
    ],
    width,
    paint,
  );
}

/** How the balancer coped, for people. */
export function outageFigures(outage: Outage): Figure[] {
  const { before, during, after, takenOut, backMs, keys, untilMs } = outage;
  const lost = during.failures + during.errors;
  const rates = [`${formatRate(rateOf(before))}/s before`];
  if (after !== undefined) rates.push(`${formatRate(rateOf(after))}/s after`);
  const figures: Figure[] = [
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
