import { backendErrors, busyMs } from '../../figures/counts.js';
import { formatCount, formatDeviation, formatMs, formatShare, notAvailable } from '../../figures/format.js';
import type { BackendReport, RunReport } from '../../model/report.js';
import { columnsOver, type Medium, name, onlyTrouble, type Said, type Table, trouble } from './block.js';
import { statusCounts } from './outcome.js';

/** Below this the bars would blow up what nobody needs to see. */
const smallestScale = 0.1;

const statusesShown = 8;

/** Who served what: share against expected share, the deviation as a bar, and how each backend fared. */
export function backendTable(run: RunReport): Table {
  const { backends, distribution } = run;
  const { text, figure } = columnsOver(backends);
  const scale = Math.min(
    1,
    backends.reduce((most, { deviation }) => Math.max(most, Math.abs(deviation ?? 0)), smallestScale),
  );
  const noise = distribution.skewNoise ?? 0;
  const mood = ({ deviation }: BackendReport) =>
    Math.abs(deviation ?? 0) > noise ? ('doubtful' as const) : undefined;
  const deviation = (backend: BackendReport): Said => ({
    text: formatDeviation(backend.deviation),
    mood: mood(backend),
  });
  // Where no backend was timed, as by many a log, a terminal has better use for the room.
  const inTerminal: readonly Medium[] = backends.some(({ serviceMs }) => serviceMs.count > 0)
    ? ['terminal']
    : [];
  return {
    kind: 'table',
    title: 'Backend',
    columns: [
      text('backend', ({ address }) => name(address)),
      figure('weight', ({ weight }) => (weight === undefined ? notAvailable : String(weight)), {
        only: ['markdown', 'html'],
      }),
      figure('count', ({ count }) => formatCount(count)),
      figure('share', ({ share }) => formatShare(share)),
      figure('expected', ({ expectedShare }) => formatShare(expectedShare), { givesWay: 1 }),
      text(
        'less│more',
        (backend) => ({ text: '', bar: (backend.deviation ?? 0) / scale, mood: mood(backend) }),
        { givesWay: 3, only: ['terminal'] },
      ),
      figure('off by', deviation, { only: ['terminal', 'html'] }),
      figure('deviation', deviation, { only: ['markdown'] }),
      trouble(figure('retries', ({ retries }) => formatCount(retries), { givesWay: 7 })),
      ...onlyTrouble(figure('errors', (backend) => formatCount(backendErrors(backend)))),
      figure('p50 ms', ({ serviceMs }) => formatMs(serviceMs.p50), {
        givesWay: 2,
        only: [...inTerminal, 'markdown', 'html'],
      }),
      figure('p99 ms', ({ serviceMs }) => formatMs(serviceMs.p99), {
        only: [...inTerminal, 'markdown', 'html'],
      }),
      figure('busy s', (backend) => formatMs(busySeconds(run, backend)), { givesWay: 6, only: inTerminal }),
      figure('in flight', inFlightText, { only: [...inTerminal, 'html'] }),
      figure('in flight', ({ meanInFlight }) => formatMs(meanInFlight), { only: ['markdown'] }),
      text('status', ({ status }) => statusCounts(status, statusesShown).join(', '), { only: ['html'] }),
    ],
  };
}

function busySeconds(run: RunReport, backend: BackendReport): number | undefined {
  const ms = busyMs(run, backend);
  return ms === undefined ? undefined : ms / 1000;
}

function inFlightText({ meanInFlight, peakInFlight }: BackendReport): string {
  const peak = peakInFlight === undefined ? '' : `, peak ${formatCount(peakInFlight)}`;
  return meanInFlight === undefined ? notAvailable : `${formatMs(meanInFlight)}${peak}`;
}
