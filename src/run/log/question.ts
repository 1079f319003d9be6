import { statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { FormatChoice } from '../../accesslog/choose-format.js';
import type { LogQuestion } from '../../accesslog/question.js';
import { defaultThreads } from '../../accesslog/read-log.js';
import { type Selection, splitBy } from '../../accesslog/reading/line-question.js';
import { expandPaths } from '../../accesslog/source/expand-paths.js';
import { type Fault, LbbenchError } from '../../model/fault.js';
import type { ExpectedBackend } from '../../model/plan.js';
import type { Rule } from '../../model/rule.js';
import type { Warning } from '../../model/warning.js';
import { parseAddress } from '../../nginx/address.js';
import { parseBackendLabel } from '../../nginx/attribution.js';
import { type Directive, directivesNamed } from '../../nginx/config/directive.js';
import { parseWeights } from '../../scenario/grammar/weights.js';
import { shown } from '../../text/shown.js';
import { checkRulesOfOneRun } from '../../verdict/check-rule.js';
import { parseRules } from '../../verdict/rule.js';
import { namesOf } from '../expected-pool.js';
import { readConfiguration } from '../simulate/read-pool.js';
import { parseMoment } from './moment.js';
import { type LogPools, logPools, noPools } from './pools.js';

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
  /** uri, method, status, host, user-agent, day, hour, minute, or a variable of the format. */
  readonly by?: string | undefined;
  /** `undefined` takes what the machine is good for. */
  readonly threads?: number | undefined;
  readonly thresholds?: readonly string[] | undefined;
  readonly stdin?: (() => Readable) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: LogQuestion['onProgress'];
}

/** What is asked of a log beside what its reader needs. */
export interface Judgement {
  readonly expected: readonly ExpectedBackend[] | undefined;
  readonly pools: LogPools;
  readonly rules: readonly Rule[];
  /** What was selected, for the report's reader. */
  readonly selection: unknown;
}

/**
 * Checks what is asked before anything is read.
 *
 * @param now that `--since 2h` counts back from
 * @throws LbbenchError with all faults
 */
export async function questionOf(
  options: LogReportOptions,
  now: Date,
): Promise<{ readonly question: LogQuestion; readonly judgement: Judgement }> {
  const faults: Fault[] = [];
  const sinceMs = momentMs('--since', options.since, now, faults);
  const untilMs = momentMs('--until', options.until, now, faults);
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs >= untilMs)
    faults.push({ path: '--until', message: 'expected a moment after --since, got one before or the same' });
  faults.push(...clashes(options));
  const collect = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof LbbenchError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const weights = collect(() => (options.expect === undefined ? undefined : expectedWeights(options.expect)));
  const rules = collect(() => parseRules(options.thresholds ?? [], '--threshold')) ?? [];
  if (faults.length > 0) throw new LbbenchError('usage', faults);
  const { paths, rotated, conf, upstream, logName, lastLines, by } = options;
  const unread: string[] = [];
  const config = conf === undefined ? undefined : readConfiguration(conf, (path) => unread.push(path));
  const found = config === undefined || conf === undefined ? noPools : await logPools(config, conf, upstream);
  const pools = { ...found, warnings: [...leftOut(unread), ...found.warnings] };
  const expected = weights ?? pools.chosen?.backends;
  checkRulesOfOneRun(rules, expected, 'log', 'select requests with --uri and the like');
  const format: FormatChoice | undefined =
    options.format !== undefined
      ? { text: options.format, escape: options.escape }
      : config && { config, logName };
  return {
    question: {
      paths,
      rotated,
      format,
      selection: { ...options.selection, sinceMs, untilMs },
      pool: pools.selection,
      lastLines,
      by: by === undefined ? undefined : splitBy(by),
      knownAddresses: [...namesOf(expected ?? []), ...addressesIn(config ?? [])],
      poolNames: directivesNamed(config ?? [], 'upstream').flatMap(({ args }) => args.slice(0, 1)),
      threads: options.threads ?? worthwhileThreads(options),
      stdin: options.stdin,
      signal: options.signal,
      onProgress: options.onProgress,
    },
    judgement: {
      expected,
      pools,
      rules,
      selection: { ...options.selection, since: isoOf(sinceMs), until: isoOf(untilMs), lastLines },
    },
  };
}

/** Says which included files a configuration lacks here. */
function leftOut(paths: readonly string[]): Warning[] {
  if (paths.length === 0) return [];
  const named = [...new Set(paths)].slice(0, 3).map((path) => shown(path));
  const more = paths.length > named.length ? ` and ${paths.length - named.length} more` : '';
  const text = `${named.join(', ')}${more} cannot be read here, so what of the configuration stands there is left out; nginx -T has all of it`;
  return [{ code: 'configuration', text }];
}

/** What cannot be asked together, or not alone. */
function clashes({
  paths,
  format,
  escape: mode,
  conf,
  logName,
  expect,
  upstream,
}: LogReportOptions): Fault[] {
  const faults: Fault[] = [];
  const add = (path: string, message: string, hint?: string) => faults.push({ path, message, hint });
  if (format !== undefined && logName !== undefined)
    add('--log-name', 'expected one of --format and --log-name, got both');
  if (logName !== undefined && conf === undefined)
    add('--log-name', 'expected a configuration with --log-name, got none', 'add --conf nginx.conf');
  if (mode !== undefined && format === undefined) {
    const hint = "add --format '…'; a configuration (--conf) tells its own escaping";
    add('--escape', 'expected a format with --escape, got none', hint);
  }
  if (conf === '-' && paths.includes('-'))
    add('--conf', 'expected one of log and configuration from standard input, got both');
  if (expect !== undefined && upstream !== undefined)
    add('--expect', 'expected one of --expect and --upstream, got both');
  if (upstream !== undefined && conf === undefined)
    add('--upstream', 'expected a configuration with --upstream, got none', 'add --conf nginx.conf');
  return faults;
}

function momentMs(path: string, text: string | undefined, now: Date, faults: Fault[]): number | undefined {
  if (text === undefined) return undefined;
  const parsed = parseMoment(text, now.getTime());
  if (parsed.ok) return parsed.value;
  faults.push({ path, message: parsed.message, hint: parsed.hint });
  return undefined;
}

function isoOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
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

/**
 * Weights given as `ADDRESS=WEIGHT`, several with commas between them, by the address as nginx prints it; any other name is
 * one that the log has in its place.
 *
 * @throws LbbenchError with the faults of all of them
 */
export function expectedWeights(texts: readonly string[]): ExpectedBackend[] {
  const faults: Fault[] = [];
  const weights = new Map<string, number>();
  for (const text of texts) {
    const parsed = parseWeights(text);
    if (!parsed.ok) faults.push({ path: '--expect', message: parsed.message, hint: parsed.hint });
    for (const [server, weight] of Object.entries(parsed.ok ? parsed.value : {})) {
      if (parseBackendLabel(server) === undefined) {
        faults.push({
          path: '--expect',
          message: `expected ADDRESS=WEIGHT or NAME=WEIGHT, got ${shown(`${server}=${weight}`)}`,
          hint: 'write the backend as the log does: --expect 127.0.0.1:8001=3, --expect srv1=2',
        });
      } else if (weights.has(server)) {
        faults.push({ path: '--expect', message: `expected each address once, got ${shown(server)} again` });
      }
      weights.set(server, weight);
    }
  }
  if (faults.length === 0 && weights.size > 0 && [...weights.values()].every((weight) => weight === 0))
    faults.push({ path: '--expect', message: 'expected a weight above 0, got none' });
  if (faults.length > 0) throw new LbbenchError('usage', faults);
  return [...weights].map(([address, weight]) => ({ address, weight }));
}

/**
 * The addresses of all `upstream` blocks of a configuration as nginx prints them, but for host names: a help in telling
 * paths of sockets from lists.
 */
function addressesIn(config: readonly Directive[]): readonly string[] {
  const servers = directivesNamed(config, 'upstream').flatMap(({ block = [] }) =>
    directivesNamed(block, 'server'),
  );
  return servers.flatMap(({ args }) => {
    const address = parseAddress(args[0] ?? '');
    return address.ok && address.value.kind !== 'name' ? [address.value.canonical] : [];
  });
}
