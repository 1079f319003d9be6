import { closeSync, fstatSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseFormats, type FormatChoice } from '../../accesslog/choose-format.js';
import type { LogAnswer } from '../../accesslog/log-answer.js';
import { defaultThreads, readLog } from '../../accesslog/read-log.js';
import { expandPaths } from '../../accesslog/source/expand-paths.js';
import { isContinued, readTail } from '../../accesslog/source/file-tail.js';
import { inspectFile, type LogFile, openLog } from '../../accesslog/source/log-file.js';
import { Streams } from '../../accesslog/source/streams.js';
import type { LoadResult } from '../../engine/load-job.js';
import { markOf } from '../../engine/run-mark.js';
import { LbbenchError } from '../../model/fault.js';
import type { Attribution } from '../../model/plan.js';
import { attributionFormatHint, type LogFormat, missingForAttribution } from '../../nginx/log-format.js';
import { shown } from '../../text/shown.js';

export type LogAttribution = Extract<Attribution, { readonly by: 'log' }>;

/** What the flags or keys are called that named the log and its format. */
export interface LogPlaces {
  readonly log: string;
  readonly format: string;
}

/** What a plan knows of the names in its log: backends', by address or label, and pools'. */
export interface LogNames {
  readonly backends: readonly string[];
  readonly pools: readonly string[];
}

/** What the log gained during a run. */
export type RunLogReading =
  | { readonly file: string; readonly result: LogAnswer; readonly waitedMs: number }
  | {
      readonly file: string;
      readonly result: undefined;
      /** Why it could not be read, as the end of a sentence. */
      readonly problem: string;
    };

/** How long nginx may keep lines in its buffer: `flush=` of access_log is seldom more. */
const waitMs = 10_000;
const waitInterruptedMs = 1_000;
const waitGivenUpMs = 300;
const firstPauseMs = 20;
const longestPauseMs = 500;

/** An nginx access log that a run is attributed by: remembers where it ended, and reads what this run added. */
export class RunLog {
  /** Marks this run's requests. It need not be the same twice, and two runs must never share it. */
  readonly runId = crypto.randomUUID().slice(-12);
  readonly #startMs = Date.now();

  private constructor(
    readonly path: string,
    /** `undefined` when the log is empty and its format was not told. */
    readonly format: LogFormat | undefined,
    readonly start: LogStart,
    readonly names: LogNames,
  ) {}

  /**
   * Looks at the log before the run.
   *
   * @throws LbbenchError when it cannot be read, or its format cannot tell this run's requests or their backends
   */
  static async open(
    { file, format }: LogAttribution,
    places: LogPlaces,
    names: LogNames = { backends: [], pools: [] },
  ): Promise<RunLog> {
    const log = inspectFile(file);
    if (log.kind !== 'plain') {
      throw LbbenchError.usage(
        places.log,
        `expected a plain file that nginx writes, got ${kinds[log.kind]}: ${shown(file)}`,
      );
    }
    const start = startOf(file);
    const compiled =
      format === undefined && log.sizeBytes === 0
        ? undefined
        : await formatOf(log, format === undefined ? undefined : { text: format }, places);
    if (compiled !== undefined) {
      const missing = missingForAttribution(compiled);
      if (missing !== undefined) {
        const path = format === undefined ? places.log : places.format;
        throw LbbenchError.usage(
          path,
          `expected a log_format with ${missing}, got ${shown(compiled.text, 200)}`,
          attributionFormatHint,
        );
      }
    }
    return new RunLog(file, compiled, start, names);
  }

  /**
   * Reads this run's requests, waiting for the lines that nginx still keeps in its buffer.
   *
   * @param measured what the client got; waiting ends when the log has a line for every response
   * @param signal aborted while it waits: what there is must do
   */
  async read(
    { tally, interrupted }: Pick<LoadResult, 'tally' | 'interrupted'>,
    signal?: AbortSignal,
  ): Promise<RunLogReading> {
    const { responses } = tally;
    const { path: file } = this;
    const startedMs = performance.now();
    const usualMs = interrupted ? waitInterruptedMs : waitMs;
    const wasAborted = signal?.aborted === true;
    const isOver = (waitedMs: number) => waitedMs >= usualMs || (signal?.aborted === true && !wasAborted);
    // Nobody knows how many lines those will have that the client gave up.
    const leastMs = tally.ended > responses ? waitGivenUpMs : 0;
    let result: LogAnswer | undefined;
    let sizes = '';
    try {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
        const paths = this.#paths();
        const now = paths.map((path) => `${path}:${statSync(path).size}`).join('\n');
        if (now !== sizes) {
          sizes = now;
          result = await this.#readOnce(paths);
        }
        const waitedMs = performance.now() - startedMs;
        const lines = result === undefined ? 0 : answered(result);
        if (result !== undefined && ((lines >= responses && waitedMs >= leastMs) || isOver(waitedMs))) {
          if (result.selected === 0 && responses > 0)
            return { file, result: undefined, problem: 'it has no line of this run' };
          return { file, result, waitedMs };
        }
        if (isOver(waitedMs)) return { file, result: undefined, problem: 'it stayed empty' };
        await sleep(pauseMs);
      }
    } catch (error) {
      // A run that was measured is not lost because the log went away.
      if (error instanceof LbbenchError || (error as NodeJS.ErrnoException).code !== undefined)
        return { file, result: undefined, problem: (error as Error).message };
      throw error;
    }
  }

  /** The log, and after a rotation the files it was rotated to since the run began. */
  #paths(): string[] {
    if (
      statSync(this.path, { throwIfNoEntry: false }) !== undefined &&
      startByteIn(this.path, this.start) >= 0
    )
      return [this.path];
    return expandPaths([this.path], true).filter((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      // File systems keep times no finer than they like.
      return stat?.isFile() === true && stat.mtimeMs >= this.#startMs - 2000;
    });
  }

  async #readOnce(paths: readonly string[]): Promise<LogAnswer | undefined> {
    const files = paths.map(inspectFile);
    if (files.length === 0 || files.every(({ sizeBytes }) => sizeBytes === 0)) return undefined;
    const places = { log: this.path, format: this.path };
    const format = this.format ?? (await formatOf(files[0] as LogFile, undefined, places));
    const missing = missingForAttribution(format);
    if (missing !== undefined) throw LbbenchError.usage(this.path, `its format has no ${missing}`);
    return readLog({
      paths,
      format: { chosen: format },
      selection: { userAgent: [`*${markOf(this.runId, 'run')}*`] },
      by: format.variables.includes('status') ? 'status' : undefined,
      maxGroups: 1000,
      knownAddresses: this.names.backends,
      poolNames: this.names.pools,
      // The run's own clock says how long it was.
      windowFromMs: 0,
      threads: defaultThreads(),
      startByteOf: (path) => Math.max(0, startByteIn(path, this.start)),
    });
  }
}

/** Where a log ended before a run. */
interface LogStart {
  readonly dev: number;
  readonly ino: number;
  readonly sizeBytes: number;
  /** The bytes before that: a log that was emptied and written anew has others there. */
  readonly tail: Uint8Array;
}

function startOf(path: string): LogStart {
  const handle = openLog(path);
  try {
    const { dev, ino, size } = fstatSync(handle);
    return { dev, ino, sizeBytes: size, tail: readTail(handle, size) };
  } finally {
    closeSync(handle);
  }
}

/** Where the run starts in a file; -1 unless it certainly is what the log was before, and was not emptied since. */
function startByteIn(path: string, { dev, ino, sizeBytes, tail }: LogStart): number {
  const handle = openLog(path);
  try {
    const now = fstatSync(handle);
    // An empty log tells nothing about what became of it.
    const isSame =
      sizeBytes > 0 && now.dev === dev && now.ino === ino && isContinued(handle, sizeBytes, tail);
    return isSame ? sizeBytes : -1;
  } finally {
    closeSync(handle);
  }
}

const kinds = { gzip: 'a compressed one', stream: 'a pipe or device' } as const;
/** Status of a request that the client gave up before nginx answered. */
export const givenUpStatus = '499';

/** Lines of requests that nginx answered. */
export function answered({ selected, groups }: LogAnswer): number {
  return selected - (groups.find(({ key }) => key === givenUpStatus)?.tally.responses ?? 0);
}

async function formatOf(
  log: LogFile,
  choice: FormatChoice | undefined,
  places: LogPlaces,
): Promise<LogFormat> {
  try {
    const { seen } = await chooseFormats(choice, [log], new Streams());
    // Where the format has changed, the run's lines are of the one that can tell them.
    return seen.find((format) => missingForAttribution(format) === undefined) ?? (seen[0] as LogFormat);
  } catch (error) {
    if (!(error instanceof LbbenchError)) throw error;
    const path = choice === undefined ? places.log : places.format;
    const hint = `give the text of log_format with ${places.format}`;
    throw new LbbenchError(
      'usage',
      error.faults.map((one) => ({ ...one, path, hint: choice === undefined ? hint : one.hint })),
    );
  }
}
