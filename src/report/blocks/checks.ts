import { formatCount } from '../../figures/format.js';
import type { CheckReport, RunReport } from '../../model/report.js';
import { type Column, columnsOver, name, type Paragraph, type Said, type Table } from './block.js';

const mostRows = 20;
const backendsNamed = 2;

/** The checks that any response failed, and whose responses those were; nothing where all held. */
export function checkParagraph(run: RunReport): Paragraph {
  const table = failedCheckTable([run]);
  return table === undefined ? [] : [table];
}

/** The same of several runs together, each row with its run; `undefined` where all held. */
export function failedCheckTable(runs: readonly RunReport[]): Table | undefined {
  const rows = runs.flatMap((run) =>
    (run.checks ?? [])
      .filter(({ failed }) => failed > 0)
      .toSorted((one, other) => other.failed - one.failed)
      .slice(0, mostRows)
      .map((check) => ({ ...check, run: run.name })),
  );
  if (rows.length === 0) return undefined;
  const { text, figure } = columnsOver(rows);
  const columns: readonly Column[] = [
    text('failed check', ({ check }) => name(check)),
    ...(runs.length > 1 ? [text('run', ({ run }) => name(run))] : []),
    ...(runs.some(({ requests }) => requests.length > 1)
      ? [text('request', ({ request }) => name(request))]
      : []),
    figure('failed', ({ failed }) => formatCount(failed)),
    text('of backend', backendsText),
  ];
  return { kind: 'table', title: 'Failed check', columns };
}

/** `127.0.0.1:8003 250, 127.0.0.1:8001 2` */
function backendsText({ backends, failed }: CheckReport): Said {
  const most = Object.entries(backends).toSorted(([, one], [, other]) => other - one);
  const unknown = most.reduce((rest, [, count]) => rest - count, failed);
  const named = most.slice(0, backendsNamed).map(([address, count]) => `${address} ${formatCount(count)}`);
  const more = most.length - named.length;
  const parts = [
    ...named,
    ...(more > 0 ? [`${more} more`] : []),
    ...(unknown > 0 ? [`unknown ${formatCount(unknown)}`] : []),
  ];
  return { text: parts.join(', '), is: 'sentence' };
}
