import {
  formatCount,
  formatDuration,
  formatPercent,
  formatProbability,
  formatQuantity,
  formatRate,
  formatShare,
} from '../../figures/format.js';
import type { SimulatedBackend, SimulatedRun, SimulationReport } from '../../model/simulation.js';
import { sanitize } from '../../text/sanitize.js';
import { columnsOver, name, type Paragraph, type Said } from './block.js';

/** One line of the table: what it is about, and what to show of each algorithm. */
interface Row {
  readonly label: Said;
  readonly expected?: string;
  readonly cell: (run: SimulatedRun) => Said;
}

/** A simulation for a person: one column for each algorithm. */
export function simulationParagraphs(report: SimulationReport): Paragraph[] {
  const { requests, durationMs, seed, runs, warnings } = report;
  const facts = [
    formatQuantity(requests, 'request'),
    durationMs === undefined ? 'one after the other' : `over ${formatDuration(durationMs)}`,
    'none was sent',
    `seed ${seed}`,
  ];
  const { text, figure } = columnsOver(rowsOf(report));
  const ofRuns = runs.flatMap(({ algorithm, warnings }) =>
    warnings.map(({ text }) => ({ about: algorithm, text })),
  );
  return [
    [
      { kind: 'heading', text: `upstream ${sanitize(report.upstream, 100)}` },
      { kind: 'note', text: facts.join(' · '), tone: 'quiet', isOutside: true },
    ],
    [
      {
        kind: 'table',
        title: 'Backend',
        columns: [
          text('backend', ({ label }) => label),
          figure('expected', ({ expected = '' }) => expected, { isRepeated: true }),
          ...runs.map((run) => figure(name(run.algorithm), ({ cell }) => cell(run))),
        ],
      },
    ],
    [{ kind: 'warnings', warnings: [...warnings, ...ofRuns] }],
  ];
}

function rowsOf({ runs, durationMs }: SimulationReport): Row[] {
  const pool = runs[0]?.backends ?? [];
  const perBackend = (cell: (backend: SimulatedBackend) => Said): Row[] =>
    pool.map(({ address, expectedShare }, index) => ({
      label: name(address),
      expected: formatShare(expectedShare),
      cell: ({ backends }) => (backends[index] === undefined ? '' : cell(backends[index])),
    }));
  const rows = perBackend(({ count, share }) => ({ text: formatCount(count), aside: formatShare(share) }));
  rows.push(
    { label: 'skew', cell: ({ distribution }) => formatPercent(distribution.skew) },
    { label: 'by chance up to', cell: ({ distribution }) => formatPercent(distribution.skewNoise) },
    {
      label: 'chi-square p',
      cell: ({ distribution }) => formatProbability(distribution.chiSquare?.pValue),
    },
  );
  if (runs.some(({ noBackendLeft }) => noBackendLeft > 0)) {
    rows.push({ label: 'no server left', cell: ({ noBackendLeft }) => formatCount(noBackendLeft) });
  }
  if (durationMs !== undefined) {
    rows.push(
      heading('In flight: mean, peak'),
      ...perBackend(
        ({ meanInFlight, peakInFlight }) =>
          `${formatRate(meanInFlight)} ${formatCount(peakInFlight).padStart(5)}`,
      ),
      { label: 'in-flight skew', cell: ({ distribution }) => formatPercent(distribution.inFlightSkew) },
    );
  }
  if (runs.some(({ llm }) => llm !== undefined)) rows.push(...workRows(runs, perBackend));
  if (runs.some(({ keys }) => keys !== undefined)) {
    const keyed = (cell: (backend: SimulatedBackend) => Said) =>
      perBackend((backend) => (backend.keys === undefined ? '' : cell(backend)));
    rows.push(heading('Keys'), ...keyed(({ keys }) => formatCount(keys)), {
      label: 'distinct keys',
      cell: ({ keys }) =>
        keys === undefined ? '' : `${keys.capped ? 'over ' : ''}${formatCount(keys.distinct)}`,
    });
  }
  return rows;
}

/** What language models would have had to do. */
function workRows(
  runs: readonly SimulatedRun[],
  perBackend: (cell: (backend: SimulatedBackend) => Said) => Row[],
): Row[] {
  const over =
    (cell: (work: NonNullable<SimulatedRun['llm']>) => Said) =>
    ({ llm }: SimulatedRun) =>
      llm === undefined ? '' : cell(llm);
  const isCached = runs.some(({ llm }) => (llm?.cachedRatio ?? 0) > 0);
  return [
    heading('Output tokens'),
    ...perBackend(({ llm }) => formatCount(llm?.tokensOut)),
    { label: 'token skew', cell: over(({ tokenSkew }) => formatPercent(tokenSkew)) },
    { label: 'by chance up to', cell: over(({ tokenSkewNoise }) => formatPercent(tokenSkewNoise)) },
    { label: 'prompt skew', cell: over(({ promptSkew }) => formatPercent(promptSkew)) },
    heading('Tokens held: mean, peak'),
    ...perBackend(
      ({ llm }) =>
        `${formatCount(llm && Math.round(llm.meanHeldTokens))} ${formatCount(llm?.peakHeldTokens).padStart(7)}`,
    ),
    { label: 'held skew', cell: over(({ heldSkew }) => formatPercent(heldSkew)) },
    ...(isCached
      ? [
          heading('Prompt found in cache'),
          ...perBackend(({ llm }) => formatPercent(llm?.cachedRatio)),
          {
            label: 'of all',
            cell: over(({ cachedRatio }) => formatPercent(cachedRatio)),
          },
        ]
      : []),
    {
      label: 'first token p50, p99',
      cell: over(({ ttftMs }) => `${formatDuration(ttftMs.p50)} ${formatDuration(ttftMs.p99).padStart(7)}`),
    },
  ];
}

function heading(label: string): Row {
  return { label, cell: () => '' };
}
