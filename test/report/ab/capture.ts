import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AbDisplay, AbFigures, AbSample } from '../../../src/model/ab-figures.js';
import { timesOfSamples } from '../../../src/report/ab/column.js';
import type { AbTarget } from '../../../src/report/ab/progress.js';

/** One run of the real ab; test/golden/ab/README.md. */
export interface Capture {
  readonly name: string;
  readonly args: readonly string[];
  readonly timeTakenUs: number;
  readonly counts: {
    readonly documentLengthBytes?: number;
    readonly complete: number;
    readonly failed: readonly [number, number, number, number];
    readonly writeErrors: number;
    readonly non2xx: number;
    readonly keepAliveRequests?: number;
    readonly transferredBytes: number;
    readonly sentBytes?: number;
    readonly bodyBytes: number;
    readonly tlsProtocol?: string;
    readonly tlsKey?: string;
  };
  readonly stdout: string;
  readonly stderr: string;
  readonly csv: string;
  readonly tsv: string;
  readonly samplesUs: { readonly rows: readonly (readonly [number, number, number, number])[] };
}

const folder = resolve(import.meta.dirname, '../../golden/ab');

export const captures: readonly Capture[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ ...JSON.parse(readFileSync(join(folder, name), 'utf8')), name: name.slice(0, -5) }));

export function capture(name: string): Capture {
  const found = captures.find((each) => each.name === name);
  if (found === undefined) throw new Error(`expected a capture named ${name}`);
  return found;
}

export function samplesOf({ samplesUs }: Capture): AbSample[] {
  return samplesUs.rows.map(([startedAtUs, connectUs, totalUs, waitingUs]) => ({
    startedAtUs,
    connectUs,
    totalUs,
    waitingUs,
  }));
}

function flagValue(args: readonly string[], flag: string): string | undefined {
  const at = args.indexOf(flag);
  return at === -1 ? undefined : args[at + 1];
}

/** What lbbench would know after the same run. */
export function figuresOf(captured: Capture, compat: boolean): AbFigures {
  const { args, counts } = captured;
  const url = new URL(args.at(-1) ?? '');
  const [connect, receive, length, exceptions] = counts.failed;
  return {
    serverSoftware: args.some((text) => text.endsWith('/anonymous')) ? undefined : 'demo/1.0 (extra words)',
    hostname: url.hostname,
    port: Number(url.port),
    tls:
      counts.tlsProtocol === undefined
        ? undefined
        : {
            protocol: counts.tlsProtocol,
            temporaryKey: counts.tlsKey,
            serverName: url.hostname === 'localhost' ? 'localhost' : undefined,
          },
    path: url.pathname + url.search,
    documentLengthBytes: counts.documentLengthBytes ?? 0,
    concurrency: Number(flagValue(args, '-c') ?? 1),
    timeTakenUs: captured.timeTakenUs,
    complete: counts.complete,
    failed: { connect, receive, length, exceptions },
    writeErrors: counts.writeErrors,
    non2xx: counts.non2xx,
    keepAliveRequests: counts.keepAliveRequests ?? 0,
    transferredBytes: counts.transferredBytes,
    sentBytes: counts.sentBytes,
    bodyBytes: counts.bodyBytes,
    times: timesOfSamples(samplesOf(captured), compat),
    samples: samplesOf(captured),
    spread: undefined,
  };
}

export function targetOf({ args }: Capture): AbTarget {
  const [host, port] = flagValue(args, '-X')?.split(':') ?? [];
  return {
    hostname: new URL(args.at(-1) ?? '').hostname,
    proxy: host === undefined ? undefined : { host, port: Number(port) },
  };
}

export function displayOf({ args }: Capture, compat: boolean): AbDisplay {
  const requests = Number(flagValue(args, '-n'));
  const html = ['-w', '-x', '-y', '-z'].some((flag) => args.includes(flag));
  return {
    percentages: !args.includes('-d'),
    estimators: !args.includes('-S'),
    variableLength: args.includes('-l'),
    keepAlive: args.includes('-k'),
    html: html
      ? {
          table: flagValue(args, '-x') ?? '',
          row: flagValue(args, '-y') ?? '',
          cell: flagValue(args, '-z') ?? 'bgcolor=white',
        }
      : undefined,
    progressEvery:
      requests > 150 && !args.includes('-q') ? Math.max(100, Math.floor(requests / 10)) : undefined,
    compat,
  };
}
