import { chooseFormats, type FormatChoice } from '../../accesslog/choose-format.js';
import { fieldsOf } from '../../accesslog/dialect/dialects.js';
import { lineQuestionOf } from '../../accesslog/read-log.js';
import { type LoggedRequest, LoggedRequests } from '../../accesslog/requests.js';
import { inspectFile } from '../../accesslog/source/log-file.js';
import { Streams } from '../../accesslog/source/streams.js';
import { EventQueue } from '../../balancing/event-queue.js';
import { LbbenchError } from '../../model/fault.js';
import type { Warning } from '../../model/warning.js';
import type { Directive } from '../../nginx/config/directive.js';
import type { LogFormat } from '../../nginx/log-format.js';
import type { KeyRequest } from '../../nginx/variables.js';
import { shown } from '../../text/shown.js';
import type { SimulatedAlgorithm } from './algorithms.js';
import { keyRequestOf, loggedVariables, missingVariables } from './key-variables.js';
import type { RequestTimes } from './lane.js';

export interface LogSource {
  /** `-` is standard input. */
  readonly file: string;
  /** Text of its format or a known name, or the configuration that has it; `undefined` recognises it from the first lines. */
  readonly format:
    | Exclude<FormatChoice, { readonly config: unknown }>
    | { readonly conf: string; readonly logName?: string | undefined }
    | undefined;
}

/** A request of a log, ready to be placed. */
export interface LoggedLoad {
  readonly request: KeyRequest;
  /** `undefined` when the format carries no times. */
  readonly times: RequestTimes | undefined;
  /** Whether nginx asked any backend. */
  readonly isBalanced: boolean;
}

/** Requests held back to put them in order of their arrival; a log has them in order of their end. */
const maxHeld = 100_000;

/**
 * The requests of an access log in order of arrival, in bounded memory: a request that took so long that more than
 * `maxHeld` others ended meanwhile arrives late, which is counted.
 */
export class LoggedLoads {
  requests = 0;
  /** Served by addresses that the pool does not have. */
  #elsewhere = 0;
  #late = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #clockMs = Number.NEGATIVE_INFINITY;
  readonly #source: LoggedRequests;
  readonly #format: LogFormat;
  readonly #streams: Streams;
  readonly #pool: ReadonlySet<string>;
  readonly #isTimed: boolean;

  private constructor(source: LoggedRequests, format: LogFormat, streams: Streams, pool: readonly string[]) {
    this.#source = source;
    this.#format = format;
    this.#streams = streams;
    this.#pool = new Set(pool);
    const fields = fieldsOf(format);
    const hasDuration = fields.requestTime !== undefined || fields.attemptTime !== undefined;
    this.#isTimed = fields.time !== undefined && hasDuration;
  }

  /**
   * @param configOf reads a configuration
   * @param pool addresses of its servers
   * @throws LbbenchError when the log cannot be read, its format is not clear or lacks what an algorithm looks at
   */
  static async open(
    { file, format: choice }: LogSource,
    configOf: (conf: string) => readonly Directive[],
    algorithms: readonly SimulatedAlgorithm[],
    pool: readonly string[],
  ): Promise<LoggedLoads> {
    const streams = new Streams();
    const log = inspectFile(file);
    const formats = await chooseFormats(
      choice && 'conf' in choice ? { config: configOf(choice.conf), logName: choice.logName } : choice,
      [log],
      streams,
    );
    const format = formats.seen[0] as LogFormat;
    const missing = missingVariables(algorithms, format);
    if (missing.length > 0) {
      throw new LbbenchError(
        'usage',
        missing.map(({ algorithm, variable }) => ({
          file,
          message: `expected a log with $${variable} for ${shown(algorithm)}, got the format ${shown(format.text, 160)}`,
          hint: `add $${variable} to log_format`,
        })),
      );
    }
    return new LoggedLoads(
      new LoggedRequests(
        log,
        lineQuestionOf({ formats, isTimed: true }, { paths: [file], knownAddresses: pool }),
        loggedVariables(algorithms),
      ),
      format,
      streams,
      pool,
    );
  }

  /** First arrival to last end, as far as it was read; `undefined` without times. */
  get durationMs(): number | undefined {
    return this.#isTimed && this.#last > this.#first ? this.#last - this.#first : undefined;
  }

  async *read(): AsyncGenerator<readonly LoggedLoad[]> {
    const held = new EventQueue<LoggedLoad>();
    for await (const logged of this.#source.read((path) => this.#streams.open(path))) {
      const ready: LoggedLoad[] = [];
      for (const one of logged) {
        const load = this.#loadOf(one);
        if (load.times === undefined) {
          ready.push(load);
          continue;
        }
        held.add(load.times.arrivalMs, load);
        if (held.size > maxHeld) ready.push(this.#inOrder(held.take() as LoggedLoad));
      }
      yield ready;
    }
    const rest: LoggedLoad[] = [];
    for (let load = held.take(); load !== undefined; load = held.take()) rest.push(this.#inOrder(load));
    yield rest;
  }

  warnings(): Warning[] {
    const { file, unmatched, damage } = this.#source;
    const name = shown(file.path);
    const warnings: Warning[] = [];
    const warn = (code: Warning['code'], text: string) => warnings.push({ code, text });
    const [first] = unmatched.first;
    if (unmatched.count > 0) {
      const place = first === undefined ? '' : `, the first is line ${first.line}`;
      warn('errors', `${unmatched.count} lines of ${name} do not match the format and are left out${place}`);
    }
    if (damage !== undefined) warn('errors', `${name} is damaged and was not read to its end: ${damage}`);
    if (!this.#isTimed) {
      warn(
        'not-measured',
        'the log has no times to tell what overlaps, so requests follow each other; log_format needs $msec and $request_time',
      );
    } else if ((fieldsOf(this.#format).time?.clock.resolutionMs ?? 0) > 1) {
      warn(
        'not-measured',
        'the log has whole seconds, so what is in flight is rough; $msec in log_format is exact',
      );
    }
    if (this.#late > 0) {
      warn(
        'not-measured',
        `${this.#late} requests took so long that they were placed later than they arrived`,
      );
    }
    if (this.#elsewhere > 0) {
      warn(
        'unknown-backend',
        `${this.#elsewhere} requests of the log were served by backends that this upstream does not have; were they meant for another one?`,
      );
    }
    return warnings;
  }

  #loadOf(logged: LoggedRequest): LoggedLoad {
    this.requests += 1;
    const { attempts, endMs, requestMs, attemptMs } = logged;
    const served = attempts?.kind === 'served' ? attempts.backends.at(-1) : undefined;
    if (served !== undefined && !this.#pool.has(served)) this.#elsewhere += 1;
    const tookMs = requestMs ?? attemptMs ?? 0;
    const times =
      endMs === undefined || !this.#isTimed
        ? undefined
        : { arrivalMs: endMs - tookMs, serviceMs: attemptMs ?? tookMs };
    return { request: keyRequestOf(logged), times, isBalanced: attempts?.kind !== 'not-proxied' };
  }

  #inOrder(load: LoggedLoad): LoggedLoad {
    const { arrivalMs, serviceMs } = load.times as RequestTimes;
    const isLate = arrivalMs < this.#clockMs;
    if (isLate) this.#late += 1;
    this.#clockMs = Math.max(this.#clockMs, arrivalMs);
    this.#first = Math.min(this.#first, this.#clockMs);
    this.#last = Math.max(this.#last, this.#clockMs + serviceMs);
    return isLate ? { ...load, times: { arrivalMs: this.#clockMs, serviceMs } } : load;
  }
}
