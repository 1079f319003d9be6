import { chooseFormats } from '../accesslog/choose-format.js';
import { fieldsOf } from '../accesslog/dialect/dialects.js';
import { lineQuestionOf } from '../accesslog/read-log.js';
import { LoggedRequests } from '../accesslog/requests.js';
import { inspectFile } from '../accesslog/source/log-file.js';
import { Streams } from '../accesslog/source/streams.js';
import { LbbenchError } from '../model/fault.js';
import type { Plan, RequestPlan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import { targetProblem } from '../scenario/grammar/request-path.js';
import { packedRecords } from '../scenario/resolve/data.js';
import { shown } from '../text/shown.js';

export interface ReplayOptions {
  /** An access log; `-` is standard input. */
  readonly file: string;
  /** Text of its format, or the name of a known one; recognised from its lines unless told. */
  readonly format?: string | undefined;
  /** How many times as fast as it was; 1 unless told. */
  readonly speed?: number | undefined;
  /** Only the first so many. */
  readonly requests?: number | undefined;
  /** Without the times: requests in the order of the log, started as the plan says. */
  readonly isUntimed?: boolean | undefined;
}

/** What the paths of a log may take in memory. */
const mostBytes = 256 * 1024 * 1024;
/** Kinds are bytes. */
const mostMethods = 100;

/**
 * A plan that sends what a log says was sent: methods, paths, and when each request came. What else a request has is that of the
 * plan's first request. Lines that are no request to send again are left out and warned of; what a log does not have, which is bodies, is
 * not made up.
 *
 * @param plan whose requests and load are those of a scenario that says nothing of them, but for headers and how to send
 * @throws LbbenchError when the log cannot be read or has no requests
 */
export async function replayLog(
  plan: Plan,
  options: ReplayOptions,
): Promise<{ readonly plan: Plan; readonly warnings: readonly Warning[] }> {
  const { file } = options;
  const log = await readRequests(options);
  const { requests, isRough } = log;
  if (requests.length === 0)
    throw fault(
      file,
      'expected a log with requests that can be sent again, got none',
      'is it an access log?',
    );
  const isTimed = requests[0]?.atMs !== undefined && options.isUntimed !== true;
  if (options.isUntimed !== true && !isTimed)
    throw fault(
      file,
      'expected a log that says when requests came, got one without times',
      'give them a rate of your own: --rate 50/s',
    );
  const ordered = isTimed ? inOrder(isRough ? spreadWithinSeconds(requests) : requests) : requests;
  const firstMs = ordered[0]?.atMs ?? 0;
  const { speed = 1 } = options;
  const dueUs = isTimed
    ? shared(
        Float64Array,
        ordered.map(({ atMs = firstMs }) => ((atMs - firstMs) * 1000) / speed),
      )
    : undefined;
  const methods = [...new Set(ordered.map(({ method }) => method))];
  const kinds = shared(
    Uint8Array,
    ordered.map(({ method }) => methods.indexOf(method)),
  );
  const [base] = plan.requests as readonly [RequestPlan];
  const isDemo = plan.lab?.servers.some(({ behaviour }) => behaviour !== undefined) === true;
  const unanswered = isDemo ? methods.filter((method) => !answered.has(method)) : [];
  const spanSec = (dueUs?.at(-1) ?? 0) / 1e6;
  return {
    plan: {
      ...plan,
      load: {
        ...plan.load,
        ...(dueUs && { model: 'open', ratePerSec: ordered.length / Math.max(spanSec, 1) }),
        requests: ordered.length,
        replay: { source: file, dueUs, kinds },
      },
      requests: methods.map((method, dataIndex) => ({
        ...base,
        ...(unanswered.includes(method) && {
          errors: [{ status: '404', isError: false }, ...(base.errors ?? [])],
        }),
        name: method,
        method,
        path: '{line}',
        dataIndex,
      })),
      data: methods.map((method) =>
        pathsOf(
          file,
          ordered.filter((request) => request.method === method),
        ),
      ),
    },
    warnings: [
      ...log.warnings,
      ...warningsOf(file, ordered, isTimed && isRough),
      ...(unanswered.length === 0 ? [] : [demoWarning(unanswered)]),
    ],
  };
}

interface Arrival {
  readonly method: string;
  readonly path: string;
  /** When it came, in milliseconds since 1970; `undefined` where the log does not say. */
  readonly atMs: number | undefined;
  /** From then to its end; 0 where the log does not say. */
  readonly tookMs: number;
}

interface LoggedArrivals {
  /** In the order of the log. */
  readonly requests: readonly Arrival[];
  /** Times are whole seconds. */
  readonly isRough: boolean;
  readonly warnings: readonly Warning[];
}

async function readRequests({ file, format, requests: most }: ReplayOptions): Promise<LoggedArrivals> {
  const log = inspectFile(file);
  const streams = new Streams();
  const formats = await chooseFormats(format === undefined ? undefined : { text: format }, [log], streams);
  const seen = formats.seen.map((one) => fieldsOf(one));
  if (seen.every(({ uri }) => uri === undefined))
    throw fault(file, 'expected a log with the requests, got a format without', 'add $request to log_format');
  const source = new LoggedRequests(log, lineQuestionOf({ formats, isTimed: true }, { paths: [file] }), []);
  const requests: Arrival[] = [];
  let [bytes, left] = [0, 0];
  reading: for await (const some of source.read((path) => streams.open(path))) {
    for (const { method, uri, endMs, requestMs, attemptMs } of some) {
      const path = uri.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
      if (!/^[A-Z][A-Z-]{1,30}$/.test(method) || method === 'CONNECT' || targetProblem(path) !== undefined) {
        left += 1;
        continue;
      }
      const tookMs = requestMs ?? attemptMs ?? 0;
      requests.push({ method, path, atMs: endMs === undefined ? undefined : endMs - tookMs, tookMs });
      bytes += path.length;
      if (bytes > mostBytes)
        throw fault(
          file,
          `expected requests of at most ${mostBytes} bytes, got more`,
          'take the first of them: -n 1M',
        );
      if (requests.length === most) break reading;
    }
  }
  const { unmatched } = source;
  const warnings: Warning[] = [];
  if (unmatched.count > 0)
    warnings.push({
      code: 'unmatched-lines',
      text: `left out of ${shown(file)}: lines that do not match the format (${unmatched.count}), the first is line ${unmatched.first[0]?.line}`,
    });
  if (left > 0)
    warnings.push({
      code: 'unmatched-lines',
      text: `left out of ${shown(file)}: requests without a method and a path to send again (${left})`,
    });
  if (source.damage !== undefined)
    warnings.push({ code: 'damaged-log', text: `${shown(file)} was not read to its end: ${source.damage}` });
  const methods = new Set(requests.map(({ method }) => method));
  if (methods.size > mostMethods)
    throw fault(file, `expected at most ${mostMethods} methods, got ${methods.size}`, 'is it an access log?');
  return { requests, isRough: seen.some(({ time }) => (time?.clock.resolutionMs ?? 0) > 1), warnings };
}

/**
 * Of a log of whole seconds: what it dates by one second evenly over it, in the order of its lines, rather than all at once. Most
 * logs date a request by its end.
 */
function spreadWithinSeconds(requests: readonly Arrival[]): readonly Arrival[] {
  const datedMs = ({ atMs = 0, tookMs }: Arrival) => ((atMs + tookMs) % 1000 === 0 ? atMs + tookMs : atMs);
  const counts = new Map<number, number>();
  for (const request of requests) counts.set(datedMs(request), (counts.get(datedMs(request)) ?? 0) + 1);
  const placed = new Map<number, number>();
  return requests.map((request) => {
    const dated = datedMs(request);
    const nth = placed.get(dated) ?? 0;
    placed.set(dated, nth + 1);
    return { ...request, atMs: (request.atMs ?? 0) + ((nth + 0.5) / (counts.get(dated) ?? 1)) * 1000 };
  });
}

/** A log has requests in the order of their end. */
function inOrder(requests: readonly Arrival[]): readonly Arrival[] {
  return requests.toSorted((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
}

/** Methods that demo backends answer at whatever path. */
const answered: ReadonlySet<string> = new Set(['GET', 'HEAD']);

function demoWarning(methods: readonly string[]): Warning {
  const named = methods.slice(0, 5).join(', ');
  return { code: 'lab', text: `demo backends answer ${named} with 404, which counts as no error here` };
}

const bodyMethods = new Set(['POST', 'PUT', 'PATCH']);

function warningsOf(file: string, requests: readonly Arrival[], isRough: boolean): Warning[] {
  const warnings: Warning[] = [];
  const withBody = requests.filter(({ method }) => bodyMethods.has(method)).length;
  if (withBody > 0)
    warnings.push({
      code: 'not-measured',
      text: `${withBody} of ${requests.length} requests (POST and the like) are sent without a body, which ${shown(file)} does not have`,
    });
  if (isRough)
    warnings.push({
      code: 'not-measured',
      text: `${shown(file)} has whole seconds, so requests are spread evenly over each; $msec in log_format is exact`,
    });
  return warnings;
}

function pathsOf(file: string, requests: readonly Arrival[]): NonNullable<Plan['data']>[number] {
  const paths = requests.map(({ path }) => path);
  return {
    file,
    order: 'next',
    records: paths.length,
    columns: [{ field: 'line', form: 'target' }],
    ...packedRecords(paths),
  };
}

function shared<A extends Float64Array | Uint8Array>(
  type: { new (memory: SharedArrayBuffer): A; readonly BYTES_PER_ELEMENT: number },
  values: readonly number[],
): A {
  const array = new type(new SharedArrayBuffer(values.length * type.BYTES_PER_ELEMENT));
  array.set(values);
  return array;
}

function fault(file: string, message: string, hint: string): LbbenchError {
  return new LbbenchError('usage', [{ path: '--from-log', message: `${message} (${shown(file)})`, hint }]);
}
