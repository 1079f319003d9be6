import { timesOfRun } from '../../figures/catalogue.js';
import { formatCount, formatMs } from '../../figures/format.js';
import type { LatencySummary } from '../../model/latency.js';
import type { RunReport } from '../../model/report.js';
import { histogramSlots } from '../../stats/encoded-histogram.js';
import { type Block, columnsOver, name, type Paragraph, type Table, type Words } from './block.js';

interface Row {
  readonly label: string | Words;
  readonly times: LatencySummary;
}

const statistics = [
  ['min', 'min', 4],
  ['mean', 'mean', 3],
  ['sd', 'stddev', 5],
  ['p50', 'p50', undefined],
  ['p90', 'p90', 2],
  ['p95', 'p95', 6],
  ['p99', 'p99', undefined],
  ['p99.9', 'p999', 1],
  ['max', 'max', undefined],
] as const;

/** How long requests took by the clocks that the load model has; below service time its parts by request, if several. */
export function timeBlocks(run: RunReport): Paragraph {
  const isOpen = run.load.model === 'open';
  const isWhole = (name: string) => name === 'response' || name === 'service';
  const all = timesOfRun(run);
  const rowsOf = (isShown: (name: string) => boolean) =>
    all
      .filter(({ name }) => isShown(name))
      .flatMap(({ name, head, times, successes }): Row[] =>
        withSuccesses({ label: head, times }, isWhole(name) ? successes : undefined),
      );
  const requests = run.requests.length > 1 ? run.requests : [];
  const rows: Row[] = [
    ...rowsOf((name) => isWhole(name) && (isOpen || name === 'response')),
    ...requests.map((request) => ({ label: name(request.name, { isPart: true }), times: request.serviceMs })),
    ...distinct(rowsOf((name) => !isWhole(name))),
  ];
  if (rows.every(({ times }) => times.count === 0))
    return [{ kind: 'note', text: 'There was no response to time.' }];
  const legend = 'response counts from when a request was due, service from when it started';
  return [timeTable(rows), ...(isOpen ? [quiet(legend)] : [])];
}

/** Below a row of all responses that of the successes, where it says something else. */
function withSuccesses(row: Row, successes: LatencySummary | undefined): Row[] {
  // Where all are errors there is nothing beside them.
  if (successes === undefined || successes.count === row.times.count || successes.count === 0) return [row];
  const texts = [row.times, successes].map((times) =>
    statistics.map(([, key]) => formatMs(times[key])).join(),
  );
  const label: Words = { text: 'without errors', isPart: true };
  return texts[0] === texts[1] ? [row] : [row, { label, times: successes }];
}

/** Without a row that says the same as the one before: the first byte of a body that came with its head. */
function distinct(rows: readonly Row[]): Row[] {
  const texts = rows.map(({ times }) =>
    [times.count, ...statistics.map(([, key]) => formatMs(times[key]))].join(),
  );
  return rows.filter(({ times }, index) => times.count === 0 || texts[index] !== texts[index - 1]);
}

/** The times that a log's format carries, by nginx's names for them where it is nginx's; nothing when it carries none. */
export function logTimeBlocks(run: RunReport, isOfNginx: boolean): Paragraph {
  const isTimedTwice = run.load.model === 'open';
  const { successes } = run;
  const rows: Row[] = [
    ...(isTimedTwice
      ? withSuccesses({ label: 'request', times: run.responseMs }, successes?.responseMs)
      : []),
    ...withSuccesses({ label: 'upstream', times: run.serviceMs }, successes?.serviceMs),
    { label: 'first byte', times: run.ttfbMs },
    { label: 'connect', times: run.connectMs },
  ];
  const known = rows.filter(({ times }) => times.count > 0);
  if (known.length === 0) return [];
  const legend = [
    ...(isTimedTwice
      ? [isOfNginx ? 'request is $request_time' : 'request is the time of the whole request']
      : []),
    ...(run.serviceMs.count > 0 ? ['upstream and first byte are those of the attempt that served'] : []),
    ...(run.connectMs.count > 0 ? ['connect counts every attempt'] : []),
  ].join('; ');
  return [timeTable(known), quiet(legend)];
}

function timeTable(rows: readonly Row[]): Table {
  const { text, figure } = columnsOver(rows);
  return {
    kind: 'table',
    title: 'Time (ms)',
    columns: [
      text('time', ({ label }) => label),
      figure('count', ({ times }) => formatCount(times.count), { givesWay: 7 }),
      ...statistics.map(([head, key, givesWay]) =>
        figure(head, ({ times }) => formatMs(times[key]), { givesWay }),
      ),
    ],
  };
}

function quiet(text: string): Block {
  return { kind: 'note', text, tone: 'quiet' };
}

const mostBins = 10;
/** Below this ratio of longest to shortest there is no shape to see. */
const flatRatio = 1.05;

/** How many requests took how long, in steps of equal ratio, so that the tail shows beside the bulk; nothing without a shape. */
export function histogramBlocks(
  { histogram, count, min = 0, max = 0 }: LatencySummary,
  title = 'Response (ms)',
): Paragraph {
  const slots = histogram === undefined ? undefined : histogramSlots(histogram);
  const low = Math.max(min, 0.001);
  if (slots === undefined || count < 2 || max < low * flatRatio) return [];
  const ratio = (max / low) ** (1 / mostBins);
  const bins = Array.from({ length: mostBins }, (_, bin) => ({
    fromMs: bin === 0 ? min : low * ratio ** bin,
    toMs: bin === mostBins - 1 ? max : low * ratio ** (bin + 1),
    count: 0,
  }));
  for (const slot of slots) {
    const middleMs = (slot.low + slot.high - 1) / 2000;
    const place = Math.floor(Math.log(Math.max(1, middleMs / low)) / Math.log(ratio));
    const bin = bins[Math.min(mostBins - 1, place)];
    if (bin !== undefined) bin.count += slot.count;
  }
  const most = bins.reduce((high, bin) => Math.max(high, bin.count), 1);
  const { text, figure } = columnsOver(bins);
  return [
    {
      kind: 'table',
      title,
      columns: [
        text('time', ({ fromMs, toMs }) => `${formatMs(fromMs)} – ${formatMs(toMs)}`),
        figure('requests', (bin) => formatCount(bin.count)),
        text('', (bin) => ({ text: '', length: bin.count / most })),
      ],
    },
  ];
}
