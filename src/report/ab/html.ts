import type { AbColumn, AbDisplay, AbFigures, AbHtmlAttributes, AbTimes } from '../../model/ab-figures.js';
import { escapedHtml, firstWord } from './printable.js';
import { fixed, wholeMs } from './rounding.js';
import { failedTotal } from './text.js';

/** ab's `-w` report: one HTML table. `attributes` come from the user's own flags and are put in as they are. */
export function abHtml(figures: AbFigures, display: AbDisplay, attributes: AbHtmlAttributes): string {
  return [
    `\n\n<table ${attributes.table}>\n`,
    ...countRows(figures, display, attributes),
    ...rateRows(figures, attributes),
    ...(figures.times === undefined ? [] : timeRows(figures.times, display.compat, attributes)),
    '</table>\n',
  ].join('');
}

function labelled({ row, cell }: AbHtmlAttributes, label: string, value: string | number): string {
  return `<tr ${row}><th colspan=2 ${cell}>${label}:</th><td colspan=2 ${cell}>${value}</td></tr>\n`;
}

function countRows(figures: AbFigures, display: AbDisplay, attributes: AbHtmlAttributes): string[] {
  const row = (label: string, value: string | number) => labelled(attributes, label, value);
  const { failed, non2xx } = figures;
  const length = display.variableLength ? 'Variable' : `${figures.documentLengthBytes} bytes`;
  const rows = [
    row('Server Software', escapedHtml(firstWord(figures.serverSoftware))),
    row('Server Hostname', escapedHtml(figures.hostname)),
    row('Server Port', figures.port),
    row('Document Path', escapedHtml(figures.path)),
    row('Document Length', length),
    row('Concurrency Level', figures.concurrency),
    row('Time taken for tests', `${fixed(figures.timeTakenUs / 1e6, 3)} seconds`),
    row('Complete requests', figures.complete),
    row('Failed requests', failedTotal(figures)),
  ];
  if (failedTotal(figures) > 0) {
    // ab leaves the receive errors out here; they are part of the sum above, so we name them.
    const receive = display.compat ? '' : ` Receive: ${failed.receive},`;
    rows.push(
      `<tr ${attributes.row}><td colspan=4 ${attributes.cell} >   (Connect: ${failed.connect},${receive} ` +
        `Length: ${failed.length}, Exceptions: ${failed.exceptions})</td></tr>\n`,
    );
  }
  if (non2xx > 0) rows.push(row('Non-2xx responses', non2xx));
  if (display.keepAlive) rows.push(row('Keep-Alive requests', figures.keepAliveRequests));
  rows.push(row('Total transferred', `${figures.transferredBytes} bytes`));
  if (figures.sentBytes !== undefined) rows.push(row('Total body sent', figures.sentBytes));
  rows.push(row('HTML transferred', `${figures.bodyBytes} bytes`));
  return rows;
}

function rateRows(figures: AbFigures, attributes: AbHtmlAttributes): string[] {
  const { timeTakenUs, complete, transferredBytes, sentBytes } = figures;
  if (timeTakenUs <= 0) return [];
  const seconds = timeTakenUs / 1e6;
  const rate = (bytes: number) => `${fixed(bytes / 1024 / seconds, 2)} kb/s`;
  const rows = [
    labelled(attributes, 'Requests per second', fixed(complete / seconds, 2)),
    labelled(attributes, 'Transfer rate', `${rate(transferredBytes)} received`),
  ];
  if (sentBytes !== undefined) {
    rows.push(unlabelled(attributes, `${rate(sentBytes)} sent`));
    rows.push(unlabelled(attributes, `${rate(transferredBytes + sentBytes)} total`));
  }
  return rows;
}

function unlabelled({ row, cell }: AbHtmlAttributes, value: string): string {
  return `<tr ${row}><td colspan=2 ${cell}>&nbsp;</td><td colspan=2 ${cell}>${value}</td></tr>\n`;
}

function timeRows(times: AbTimes, compat: boolean, { row, cell }: AbHtmlAttributes): string[] {
  const averageMs = (column: AbColumn) => Math.floor(wholeMs(column.sumUs) / times.count);
  const minimum = { connect: wholeMs(times.connect.minUs), total: wholeMs(times.total.minUs) };
  const maximum = { connect: wholeMs(times.connect.maxUs), total: wholeMs(times.total.maxUs) };
  const processing = compat
    ? [minimum.total - minimum.connect, maximum.total - maximum.connect]
    : [wholeMs(times.processing.minUs), wholeMs(times.processing.maxUs)];
  const line = (label: string, ...values: readonly (number | undefined)[]) =>
    `<tr ${row}><th ${cell}>${label}:</th>${values
      .map((value) => `<td ${cell}>${String(value).padStart(5)}</td>`)
      .join('')}</tr>\n`;
  const connectAverage = averageMs(times.connect);
  const totalAverage = averageMs(times.total);
  return [
    `<tr ${row}><th ${cell} colspan=4>Connection Times (ms)</th></tr>\n`,
    `<tr ${row}><th ${cell}>&nbsp;</th> <th ${cell}>min</th>   <th ${cell}>avg</th>   <th ${cell}>max</th></tr>\n`,
    line('Connect', minimum.connect, connectAverage, maximum.connect),
    line('Processing', processing[0], totalAverage - connectAverage, processing[1]),
    line('Total', minimum.total, totalAverage, maximum.total),
  ];
}
