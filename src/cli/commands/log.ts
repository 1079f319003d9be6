import { performance } from 'node:perf_hooks';
import type { Command } from 'commander';
import { LbbenchError } from '../../model/fault.js';
import type { LogReport, Report } from '../../model/report.js';
import type { LogReportOptions } from '../../run/log/log.js';
import type { CommandContext } from '../command-context.js';
import { codeOfReport, ExitCode } from '../exit-codes.js';
import { collect, wholeNumber } from '../flag-values.js';
import { publish } from '../github-actions.js';
import { interruptible } from '../interrupt.js';
import { type Io, isGithubActions, layoutOf } from '../io.js';
import { LivePage } from '../live-page.js';
import { LiveTable } from '../live-table.js';
import { addExportOptions, exportPaths } from '../output-options.js';
import { type Outputs, withOutputs } from '../outputs.js';
import { note, print } from '../print.js';
import { ReportFile } from '../report-file.js';

interface LogFlags {
  readonly format?: string;
  readonly escape?: string;
  readonly conf?: string;
  readonly logName?: string;
  readonly upstream?: string;
  readonly expect?: string[];
  readonly uri?: string[];
  readonly method?: string[];
  readonly status?: string[];
  readonly host?: string[];
  readonly userAgent?: string[];
  readonly where?: string[];
  readonly since?: string;
  readonly until?: string;
  readonly last?: string;
  readonly by?: string;
  readonly rotated?: boolean;
  readonly threads?: string;
  readonly threshold?: string[];
  readonly follow?: boolean;
  readonly live?: string;
  readonly reports?: string;
  readonly quiet?: boolean;
  readonly color: boolean;
}

const notes = `
Without --format and --conf the format is recognised: combined, the same with "to: $upstream_addr" behind it, JSON
lines, tab-separated columns. A pattern is a glob over the whole value ("/chat*") or a regular expression between
slashes ("/^.chat/i"); of several patterns for one field any may match, of several fields all must.

Examples:
  lbbench log /var/log/nginx/access.log                 who served what
  lbbench log access.log --rotated --by hour            with the rotated files beside it, hour by hour
  lbbench log access.log --conf /etc/nginx/nginx.conf --upstream backend --threshold 'skew < 5%'
  zcat old.gz | lbbench log - --uri '/completions*' --since 2h --follow`;

export function logCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('log <file...>')
    .description('the spread in access logs that nginx has written; - is stdin')
    .option('--format <log_format>', "the log's format, as in nginx's log_format, or a known name")
    .option('--escape <mode>', 'escaping of --format: default, json or none')
    .option('--conf <file>', "nginx configuration that has the log's format; - takes nginx -T from stdin")
    .option('--log-name <name>', 'which log_format of it')
    .option('--upstream <name>', 'only the requests of this upstream block of --conf, by its weights')
    .option(
      '--expect <address=weight>',
      'expected weight of a backend, several with commas; repeatable',
      collect,
    )
    .option('--uri <pattern>', 'only these request targets; repeatable', collect)
    .option('--method <pattern>', 'only these methods; repeatable', collect)
    .option('--status <codes>', 'only these: 404, 5xx, 500-504; repeatable', collect)
    .option('--host <pattern>', 'only these hosts; repeatable', collect)
    .option('--user-agent <pattern>', 'only these clients; repeatable', collect)
    .option(
      '--where <name=pattern>',
      "only where a variable of the log's format is like that; != for not; repeatable",
      collect,
    )
    .option('--since <moment>', 'from then on: 2026-11-22T10:00Z, 22/Nov/2026:10:00:00 +0000, 2h (ago)')
    .option('--until <moment>', 'before then')
    .option('--last <lines>', 'only the last lines of all files together')
    .option(
      '--by <field>',
      "split by uri, method, status, host, user-agent, day, hour, minute or a variable of the log's format",
    )
    .option('--rotated', 'also the rotated files beside each file')
    .option('--threads <number>', 'threads to read with')
    .option('--threshold <rule>', 'rule that decides the exit code ("skew < 5%"); repeatable', collect)
    .option('--follow', 'go on reading as the log grows, until Ctrl-C')
    .option('--live <file>', 'with --follow: an HTML page of what was read so far');
  addExportOptions(command)
    .option('--quiet', 'no progress and no report on the terminal')
    .option('--no-color', 'no colour')
    .option('--reports <folder>', 'also write the report there')
    .addHelpText('after', notes)
    .action(async (files: string[], flags: LogFlags) => {
      context.code = await withOutputs(context.io, (outputs) => run(files, flags, outputs));
    });
}

async function run(files: string[], flags: LogFlags, outputs: Outputs): Promise<number> {
  const { io } = outputs;
  const { readLogReport } = await import('../../run/log/log.js');
  const options = optionsOf(files, flags, io);
  outputs.openExports(exportPaths(flags));
  if (flags.live !== undefined && flags.follow !== true)
    throw LbbenchError.usage(
      '--live',
      'expected --follow beside it, got none',
      'a log that is read once is a page with --export-html',
    );
  const live = await LivePage.open(outputs, flags.live, 'log');
  const quiet = flags.quiet === true;
  const progress = await logProgress(io, quiet || flags.follow === true);
  const { result: report } = await interruptible(io, async (signal) => {
    try {
      return flags.follow === true
        ? await follow(options, signal, flags, io, live)
        : await readLogReport({ ...options, signal, onProgress: progress.update });
    } finally {
      progress.stop();
    }
  });
  if (report === undefined) {
    // Half a reading says nothing about a log, so there is no report of it.
    note(io, 'interrupted before the log was read to its end\n');
    return ExitCode.interrupted;
  }
  if (!quiet && report.log !== undefined) unmatchedLines(report.log, io);
  if (!quiet && !outputs.takeStdout) {
    const { terminalReport } = await import('../../report/terminal.js');
    await print(io, terminalReport(report, layoutOf(io, flags.color)));
  }
  if (flags.reports !== undefined) {
    const file = new ReportFile(flags.reports, io.cwd(), report.runs[0]?.name ?? 'log', new Date());
    file.write(report);
    if (!quiet) note(io, `report: ${file.path}\n`);
  }
  if (isGithubActions(io)) {
    const [{ github }, { markdown }] = await Promise.all([
      import('../../report/github.js'),
      import('../../report/markdown.js'),
    ]);
    publish(io, github(report), markdown(report));
  }
  await live?.end(report);
  await outputs.writeExports(report);
  return codeOfReport(report);
}

async function follow(
  options: LogReportOptions,
  signal: AbortSignal,
  flags: LogFlags,
  io: Io,
  live: LivePage | undefined,
): Promise<Report> {
  const { followLogReport } = await import('../../run/log/log.js');
  const table = new LiveTable(io, flags.color);
  const quiet = flags.quiet === true;
  let isAnnounced = quiet || io.stderr.isTTY === true;
  try {
    return await followLogReport(options, signal, (report) => {
      if (!isAnnounced) note(io, 'following; Ctrl-C ends it and shows the result\n');
      isAnnounced = true;
      if (!quiet) table.draw(report, performance.now());
      void live?.report(report);
    });
  } finally {
    table.clear();
  }
}

function unmatchedLines({ unmatched }: LogReport, io: Io): void {
  if (unmatched.count === 0) return;
  for (const { file, line, reason, text } of unmatched.first) {
    note(io, `${file === '-' ? 'stdin' : printable(file)}:${line}: ${reason}: ${text}\n`);
  }
  const more = unmatched.count - unmatched.first.length;
  if (more > 0) note(io, `and ${more} more lines that could not be read\n`);
}

/** A file's name may hold anything. */
function printable(name: string): string {
  return name.replaceAll(/\p{C}/gu, '?');
}

function optionsOf(paths: readonly string[], flags: LogFlags, io: Io): LogReportOptions {
  const { uri, method, status, host, userAgent, where } = flags;
  return {
    paths,
    rotated: flags.rotated,
    format: flags.format,
    escape: oneOf('--escape', flags.escape, ['default', 'json', 'none'] as const),
    conf: flags.conf,
    logName: flags.logName,
    upstream: flags.upstream,
    expect: flags.expect,
    selection: { uri, method, status, host, userAgent, where },
    since: flags.since,
    until: flags.until,
    lastLines: flags.last === undefined ? undefined : wholeNumber('--last', flags.last, 1),
    by: flags.by,
    threads: flags.threads === undefined ? undefined : wholeNumber('--threads', flags.threads, 1, 64),
    thresholds: flags.threshold,
    stdin: () => io.stdin,
  };
}

function oneOf<T extends string>(flag: string, text: string | undefined, known: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  throw new LbbenchError('usage', [
    { path: flag, message: `expected one of ${known.join(', ')}, got ${JSON.stringify(text)}` },
  ]);
}

/** Shows how far the reading of logs has come, on stderr. */
interface LogProgress {
  readonly update: (readBytes: number, totalBytes: number) => void;
  readonly stop: () => void;
}

const progressEveryMs = 100;

/** A live line on a terminal, nothing elsewhere. */
async function logProgress(io: Io, quiet: boolean): Promise<LogProgress> {
  if (quiet || io.stderr.isTTY !== true) return { update() {}, stop() {} };
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: io.stderr, discardStdin: false }).start('reading');
  const startedMs = performance.now();
  let nextMs = startedMs + progressEveryMs;
  return {
    update(readBytes, totalBytes) {
      const nowMs = performance.now();
      if (nowMs < nextMs) return;
      nextMs = nowMs + progressEveryMs;
      const perSec = readBytes / ((nowMs - startedMs) / 1000);
      const parts = [`${megabytes(readBytes)} MB`, `${megabytes(perSec)} MB/s`];
      // Of compressed files only the packed size is known beforehand.
      if (totalBytes >= readBytes) parts.push(`${Math.floor((readBytes / totalBytes) * 100)} %`);
      spinner.text = parts.join(' · ');
    },
    stop() {
      spinner.stop();
    },
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
