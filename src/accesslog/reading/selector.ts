import type { Fault } from '../../model/fault.js';
import type { Parsed } from '../../model/parsed.js';
import type { EscapeMode } from '../../nginx/log-format.js';
import { ByteCache } from '../../text/byte-cache.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import type { TimeReader } from '../scanner/time-reader.js';
import type { LogFields, TextField } from './fields.js';
import { compilePattern, compileStatusPattern, patternKinds, type TextTest } from './pattern.js';
import type { Selection } from './query.js';
import { type Bounds, narrow, pathEnd, textOf } from './text-value.js';

/** Tests one line that matched; the status and time of it are known already. */
export type LineTest = (
  buffer: Uint8Array,
  line: LineMatcher,
  status: number | undefined,
  time: TimeReader | undefined,
) => boolean;

/** What is wrong with a selection for a format, so that it is said before anything is read. */
export function selectionFaults(selection: Selection, fields: LogFields): Fault[] {
  const faults: Fault[] = [];
  const missing = (path: string, what: string, hint: string) =>
    faults.push({ path, message: `expected a log format with ${what}, got one without`, hint });
  const patterns = (name: keyof typeof patternKinds, path: string, variables: string) => {
    const texts = selection[name];
    if (texts === undefined) return;
    if (fields[name] === undefined)
      missing(path, variables, `add ${variables} to log_format, or leave ${path} out`);
    for (const text of texts) collect(faults, path, compilePattern(text, patternKinds[name]));
  };
  patterns('uri', '--uri', '$request or $request_uri');
  patterns('method', '--method', '$request or $request_method');
  patterns('host', '--host', '$http_host or $host');
  patterns('userAgent', '--user-agent', '$http_user_agent');
  if (selection.status !== undefined) {
    if (fields.status === undefined)
      missing('--status', '$status', 'add $status to log_format, or leave --status out');
    for (const text of selection.status) collect(faults, '--status', compileStatusPattern(text));
  }
  for (const [path, limit] of [
    ['--since', selection.sinceMs],
    ['--until', selection.untilMs],
  ] as const) {
    if (limit !== undefined && fields.time === undefined)
      missing(path, '$time_local, $time_iso8601 or $msec', `add one to log_format, or leave ${path} out`);
  }
  return faults;
}

function collect(faults: Fault[], path: string, parsed: Parsed<unknown>): void {
  if (!parsed.ok) faults.push({ path, message: parsed.message, hint: parsed.hint });
}

/** Compiles a selection without faults; `undefined` when every line is selected. */
export function compileSelection(
  selection: Selection,
  fields: LogFields,
  mode: EscapeMode,
): LineTest | undefined {
  const tests: LineTest[] = [];
  const { sinceMs, untilMs } = selection;
  if (sinceMs !== undefined) tests.push((_, __, ___, time) => time !== undefined && time.ms >= sinceMs);
  if (untilMs !== undefined) tests.push((_, __, ___, time) => time !== undefined && time.ms < untilMs);
  if (selection.status !== undefined) {
    const any = selection.status.map((text) => parsedValue(compileStatusPattern(text)));
    const allowed = Array.from({ length: 1000 }, (_, status) => any.some((test) => test(status)));
    tests.push((_, __, status) => status !== undefined && allowed[status] === true);
  }
  for (const name of ['method', 'uri', 'host', 'userAgent'] as const) {
    const [texts, field] = [selection[name], fields[name]];
    if (texts === undefined || field === undefined) continue;
    const any = texts.map((text) => parsedValue(compilePattern(text, patternKinds[name])));
    tests.push(fieldTest(any, field, mode, name === 'uri'));
  }
  if (tests.length === 0) return undefined;
  return (buffer, line, status, time) => {
    for (let i = 0; i < tests.length; i++) {
      if (!(tests[i] as LineTest)(buffer, line, status, time)) return false;
    }
    return true;
  };
}

function fieldTest(any: readonly TextTest[], field: TextField, mode: EscapeMode, isUri: boolean): LineTest {
  const known = new ByteCache<boolean>();
  const bounds: Bounds = { start: 0, end: 0 };
  return (buffer, line) => {
    bounds.start = line.starts[field.variable] as number;
    bounds.end = line.ends[field.variable] as number;
    narrow(field, buffer, bounds);
    const { start, end } = bounds;
    const before = known.get(buffer, start, end);
    if (before !== undefined) return before;
    const whole = textOf(buffer, start, end, mode);
    const path = isUri ? textOf(buffer, start, pathEnd(buffer, start, end), mode) : whole;
    const selected = any.some((test) => test(whole) || (path !== whole && test(path)));
    known.set(buffer, start, end, selected);
    return selected;
  };
}

function parsedValue<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}
