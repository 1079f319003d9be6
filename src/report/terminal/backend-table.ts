import { backendErrors, busyMs } from '../../figures/counts.js';
import { formatCount, formatDeviation, formatMs, formatShare, notAvailable } from '../../figures/format.js';
import type { BackendReport, RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { deviationBar } from './deviation-bar.js';
import type { Paint } from './paint.js';
import { type Column, renderTable } from './table.js';

/** Below this the bars would blow up what nobody needs to see. */
const smallestScale = 0.1;

/**
 * Who served what: share against expected share, the deviation as a bar, and how each backend fared. Errors are never what
 * gives way to the width while there is anything else.
 */
export function backendTable(run: RunReport, width: number, paint: Paint): string[] {
  const { backends, distribution } = run;
  const deviations = backends.map(({ deviation }) => Math.abs(deviation ?? 0));
  const scale = Math.min(1, Math.max(smallestScale, ...deviations));
  const noise = distribution.skewNoise ?? 0;
  const figure = (head: string, dropOrder: number, cell: (backend: BackendReport) => string): Column => ({
    head,
    align: 'right',
    dropOrder,
    cells: backends.map(cell),
  });
  const colored = (deviation: number | undefined, text: string) =>
    Math.abs(deviation ?? 0) > noise ? paint.doubtful(text) : text;

  const side = width < 100 ? 4 : 8;
  const errors = figure('errors', 0, (backend) => formatCount(backendErrors(backend)));
  const timed = backends.some(({ serviceMs }) => serviceMs.count > 0);
  const retried = backends.some(({ retries }) => retries > 0);
  const times = [
    figure('p50 ms', 3, ({ serviceMs }) => formatMs(serviceMs.p50)),
    figure('p99 ms', 0, ({ serviceMs }) => formatMs(serviceMs.p99)),
    figure('busy s', 6, (backend) => {
      const ms = busyMs(run, backend);
      return formatMs(ms === undefined ? undefined : ms / 1000);
    }),
    figure('in flight', 4, ({ meanInFlight, peakInFlight }) =>
      meanInFlight === undefined
        ? notAvailable
        : `${formatMs(meanInFlight)}${peakInFlight === undefined ? '' : `, peak ${formatCount(peakInFlight)}`}`,
    ),
  ];
  return renderTable(
    [
      {
        head: 'Backend',
        align: 'left',
        dropOrder: 0,
        cells: backends.map(({ address }) => sanitize(address, 60)),
      },
      figure('count', 0, ({ count }) => formatCount(count)),
      figure('share', 0, ({ share }) => formatShare(share)),
      figure('expected', 1, ({ expectedShare }) => formatShare(expectedShare)),
      {
        head: `${'less'.padStart(side)}│${'more'.padEnd(side)}`,
        align: 'left',
        dropOrder: 2,
        cells: backends.map(({ deviation }) => colored(deviation, deviationBar(deviation, scale, side))),
      },
      figure('off by', 0, ({ deviation }) => colored(deviation, formatDeviation(deviation))),
      figure('retries', retried ? 0 : 7, ({ retries }) => formatCount(retries)),
      ...(errors.cells.some((cell) => cell !== '0') ? [errors] : []),
      ...(timed ? times : []),
    ],
    width,
    paint,
  );
}
