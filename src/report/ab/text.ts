import type { AbDisplay, AbFigures } from '../../model/ab-figures.js';
import { connectionTimes } from './connection-times.js';
import { percentageTable } from './percentages.js';
import { firstWord, printable } from './printable.js';
import { fixed } from './rounding.js';

/** ab's report as text, from the two blank lines after `..done` to the table of percentages. */
export function abText(figures: AbFigures, display: AbDisplay): string {
  const times = figures.times;
  return [
    '\n\n',
    serverLines(figures),
    '\n',
    documentLines(figures, display),
    '\n',
    countLines(figures, display),
    rateLines(figures),
    times === undefined ? '' : connectionTimes(times, display.estimators),
    times === undefined || !display.percentages ? '' : percentageTable(times, display.compat),
  ].join('');
}

function line(label: string, value: string | number): string {
  return `${`${label}:`.padEnd(24)}${value}\n`;
}

function serverLines({ serverSoftware, hostname, port, tls }: AbFigures): string {
  const lines = [
    line('Server Software', firstWord(serverSoftware)),
    line('Server Hostname', printable(hostname)),
    line('Server Port', port),
  ];
  if (tls !== undefined) lines.push(line('SSL/TLS Protocol', printable(tls.protocol)));
  if (tls?.temporaryKey !== undefined) lines.push(line('Server Temp Key', printable(tls.temporaryKey)));
  if (tls?.serverName !== undefined) lines.push(line('TLS Server Name', printable(tls.serverName)));
  return lines.join('');
}

function documentLines({ path, documentLengthBytes }: AbFigures, { variableLength }: AbDisplay): string {
  const length = variableLength ? 'Variable' : `${documentLengthBytes} bytes`;
  return line('Document Path', printable(path)) + line('Document Length', length);
}

/** Failed requests of every kind. */
export function failedTotal({ failed }: AbFigures): number {
  return failed.connect + failed.receive + failed.length + failed.exceptions;
}

function countLines(figures: AbFigures, display: AbDisplay): string {
  const { failed, writeErrors, non2xx } = figures;
  const lines = [
    line('Concurrency Level', figures.concurrency),
    line('Time taken for tests', `${fixed(figures.timeTakenUs / 1e6, 3)} seconds`),
    line('Complete requests', figures.complete),
    line('Failed requests', failedTotal(figures)),
  ];
  if (failedTotal(figures) > 0) {
    lines.push(
      `   (Connect: ${failed.connect}, Receive: ${failed.receive}, ` +
        `Length: ${failed.length}, Exceptions: ${failed.exceptions})\n`,
    );
  }
  if (writeErrors > 0) lines.push(line('Write errors', writeErrors));
  if (non2xx > 0) lines.push(line('Non-2xx responses', non2xx));
  if (display.keepAlive) lines.push(line('Keep-Alive requests', figures.keepAliveRequests));
  lines.push(line('Total transferred', `${figures.transferredBytes} bytes`));
  if (figures.sentBytes !== undefined) lines.push(line('Total body sent', figures.sentBytes));
  lines.push(line('HTML transferred', `${figures.bodyBytes} bytes`));
  return lines.join('');
}

function rateLines({ timeTakenUs, complete, concurrency, transferredBytes, sentBytes }: AbFigures): string {
  if (timeTakenUs <= 0 || complete <= 0) return '';
  const seconds = timeTakenUs / 1e6;
  const kilobytes = (bytes: number) => fixed(bytes / 1024 / seconds, 2);
  const perRequest = 'Time per request';
  const lines = [
    line('Requests per second', `${fixed(complete / seconds, 2)} [#/sec] (mean)`),
    line(perRequest, `${fixed((concurrency * seconds * 1000) / complete, 3)} [ms] (mean)`),
    line(perRequest, `${fixed((seconds * 1000) / complete, 3)} [ms] (mean, across all concurrent requests)`),
    line('Transfer rate', `${kilobytes(transferredBytes)} [Kbytes/sec] received`),
  ];
  if (sentBytes !== undefined) {
    lines.push(`${' '.repeat(24)}${kilobytes(sentBytes)} kb/s sent\n`);
    lines.push(`${' '.repeat(24)}${kilobytes(transferredBytes + sentBytes)} kb/s total\n`);
  }
  return lines.join('');
}
