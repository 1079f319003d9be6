import { statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { FormatChoice } from '../../accesslog/choose-format.js';
import type { LogResult } from '../../accesslog/log-result.js';
import { defaultThreads, type LogOptions, readLog } from '../../accesslog/read-log.js';
import type { Selection, SplitBy } from '../../accesslog/reading/query.js';
import { expandPaths } from '../../accesslog/source/expand-paths.js';
import { type Fault, LbbenchError } from '../../model/fault.js';
import type { ExpectedBackend } from '../../model/plan.js';
import type { Report } from '../../model/report.js';
import { checkRule } from '../../verdict/check-rule.js';
import type { Rule } from '../../verdict/rule.js';
import { rulesOf } from '../judge.js';
import { parseWeights, weightsOfUpstream } from './expected-weights.js';
import { reportOfLog } from './log-report.js';
import { parseMoment } from './moment.js';
import { poolAddresses } from './pool-addresses.js';

export type { SplitBy } from '../../accesslog/reading/query.js';
export { splitNames } from '../../accesslog/reading/query.js';

/** What `lbbench log` is asked for, as written. */
export interface LogReportOptions {
  /** Files, patterns, `-` for standard input. */
  readonly paths: readonly string[];
  readonly rotated?: boolean | undefined;
  /** Text of log_format or a known name; not together with `conf`. */
  readonly format?: string | undefined;
  readonly escape?: 'default' | 'json' | 'none' | undefined;
  /** nginx configuration with the format, and with `upstream` the weights. */
  readonly conf?: string | undefined;
  readonly logName?: string | undefined;
  readonly upstream?: string | undefined;
  /** `ADDRESS=WEIGHT` */
  readonly expect?: readonly string[] | undefined;
  readonly selection?: Omit<Selection, 'sinceMs' | 'untilMs'> | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly lastLines?: number | undefined;
  readonly by?: SplitBy | undefined;
  /** `undefined` takes what the machine is good for. */
  readonly threads?: number | undefined;
  readonly thresholds?: readonly string[] | undefined;
  readonly stdin?: (() => Readable) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: LogOptions['onProgress'];
}

/** What was asked, checked; `log` is for the reader of logs. */
export interface LogRequest {
  readonly log: LogOptions;
  readonly expected: readonly ExpectedBackend[] | undefined;
  readonly rules: readonly Rule[];
  readonly selection: unknown;
}

/**
 * Reads access logs into a report.
 *
 * @throws LbbenchError for what cannot be read or answered, and when no line of the logs matches the format
 */
export async function readLogReport(options: LogReportOptions): Promise<Report> {
  const readAt = new Date();
  const { log, ...question } = await logRequestOf(options, readAt);
  const result = await readLog(log);
  refuseIfNoneMatched(result);
  return reportOfLog(result, { ...question, readAt });
}

/**
 * Checks what is asked before anything is read.
 *
 * @throws LbbenchError with all faults
 */
export async function logRequestOf(options: LogReportOptions, now: Date): Promise<LogRequest> {
  const faults: Fault[] = [];
  const moment = (path: string, text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    const parsed = parseMoment(text, now.getTime());
    if (parsed.ok) return parsed.value;
    faults.push({ path, message: parsed.message, hint: parsed.hint });
    return undefined;
  };
  const sinceMs = moment('--since', options.since);
  const untilMs = moment('--until', options.until);
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs >= untilMs)
    faults.push({ path: '--until', message: 'expected a moment after --since, got one before or the same' });
  const format = formatOf(options, faults);
  if (options.expect !== undefined && options.upstream !== undefined)
    faults.push({ path: '--expect', message: 'expected one of --expect and --upstream, got both' });
  if (options.upstream !== undefined && options.conf === undefined)
    faults.push({
      path: '--upstream',
      message: 'expected a configuration with --upstream, got none',
      hint: 'add --conf nginx.conf',
    });
  const collect = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof LbbenchError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const weights = collect(() => (options.expect === undefined ? undefined : parseWeights(options.expect)));
  const rules = collect(() => rulesOf(options.thresholds ?? [], '--threshold')) ?? [];
  if (faults.length > 0) throw new LbbenchError('usage', faults);
  const expected =
    options.upstream === undefined || options.conf === undefined
      ? weights
      : await weightsOfUpstream(options.conf, options.upstream);
  checkRules(rules, expected);
  const selection: Selection = { ...options.selection, sinceMs, untilMs };
  return {
    log: {
      paths: options.paths,
      rotated: options.rotated,
      format,
      selection,
      lastLines: options.lastLines,
      by: options.by,
      knownAddresses: [
        ...(expected ?? []).map(({ address }) => address),
        ...(options.conf === undefined ? [] : poolAddresses(options.conf)),
      ],
      threads: options.threads ?? worthwhileThreads(options),
      stdin: options.stdin,
      signal: options.signal,
      onProgress: options.onProgress,
    },
    expected,
    rules,
    selection: {
      ...options.selection,
      since: sinceMs === undefined ? undefined : new Date(sinceMs).toISOString(),
      until: untilMs === undefined ? undefined : new Date(untilMs).toISOString(),
      lastLines: options.lastLines,
    },
  };
}

/** Below this a thread takes longer to start than to read. */
const worthwhileBytes = 48 * 1024 * 1024;

function worthwhileThreads({ paths, rotated }: LogReportOptions): number {
  const sizes = expandPaths(paths, rotated).map(
    (path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0,
  );
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  return totalBytes < worthwhileBytes ? 1 : defaultThreads();
}

function formatOf(options: LogReportOptions, faults: Fault[]): FormatChoice | undefined {
  const { format, escape: mode, conf, logName } = options;
  if (format !== undefined && logName !== undefined) {
    faults.push({ path: '--log-name', message: 'expected one of --format and --log-name, got both' });
  }
  if (logName !== undefined && conf === undefined) {
    const message = 'expected a configuration with --log-name, got none';
    faults.push({ path: '--log-name', message, hint: 'add --conf nginx.conf' });
  }
  if (format !== undefined) return { text: format, escape: mode };
  if (mode !== undefined) {
    faults.push({
      path: '--escape',
      message: 'expected a format with --escape, got none',
      hint: "add --format '…'; a configuration (--conf) tells its own escaping",
    });
  }
  return conf === undefined ? undefined : { conf, logName };
}

/** A log has one run and no named requests. */
function checkRules(rules: readonly Rule[], expected: readonly ExpectedBackend[] | undefined): void {
  const faults = rules.flatMap((rule): Fault[] => {
    if (rule.selectors.run !== undefined || rule.selectors.request !== undefined) {
      return [
        {
          path: '--threshold',
          message: `expected a rule about the whole log or a backend, got ${JSON.stringify(rule.text)}`,
          hint: 'select requests with --uri and the like',
        },
      ];
    }
    const checked = checkRule(rule, {
      backends: expected?.map(({ address }) => address),
      requests: [],
      runs: [],
    });
    return checked.ok ? [] : [{ path: '--threshold', message: checked.message, hint: checked.hint }];
  });
  if (faults.length > 0) throw new LbbenchError('usage', faults);
}

/**
 * A log of which no line is a request is no log of that format.
 *
 * @throws LbbenchError
 */
export function refuseIfNoneMatched({ records, unmatched, files, format }: LogResult): void {
  if (records > 0 || unmatched.count === 0) return;
  const place = (file: string) => (file === '-' ? 'standard input' : file);
  throw new LbbenchError('usage', [
    ...unmatched.first.map(({ file, line, reason, text }) => ({
      file: place(file),
      line,
      message: `${reason}: ${text}`,
    })),
    {
      file: files.map(place).join(', '),
      message: `expected lines of the format ${JSON.stringify(format.text)}, got ${unmatched.count} lines and none that matches`,
      hint: "give the log's own format with --format '…' or --conf nginx.conf",
    },
  ]);
}
