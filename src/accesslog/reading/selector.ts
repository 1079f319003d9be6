import type { Fault } from '../../model/fault.js';
import type { Parsed } from '../../model/parsed.js';
import type { LogFormat } from '../../nginx/log-format.js';
import { ByteCache } from '../../text/byte-cache.js';
import type { LogFields, TextField } from '../dialect/dialect.js';
import { dialectOf } from '../dialect/dialects.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import type { TimeReader } from '../scanner/time-reader.js';
import type { Selection } from './line-question.js';
import { compilePattern, compileStatusPattern, patternKinds, type TextTest } from './pattern.js';
import { type Bounds, narrow, pathEnd, textOf } from './text-value.js';

/** Tests one line that matched; the status and time of it are known already. */
export type LineTest = (
  buffer: Uint8Array,
  line: LineMatcher,
  status: number | undefined,
  time: TimeReader | undefined,
) => boolean;

/** What is wrong with a selection for a format, so that it is said before anything is read. */
export function selectionFaults(selection: Selection, format: LogFormat): Fault[] {
  const faults: Fault[] = [];
  const { words, directive, fieldsOf } = dialectOf(format);
  const fields = fieldsOf(format);
  const missing = (path: string, what: string, add = what) =>
    faults.push({
      path,
      message: `expected a log format with ${what}, got one without`,
      hint: `add ${add} to ${directive}, or leave ${path} out`,
    });
  const patterns = (name: keyof typeof patternKinds, path: string) => {
    const texts = selection[name];
    if (texts === undefined) return;
    if (fields[name] === undefined) missing(path, words[name]);
    for (const text of texts) collect(faults, path, compilePattern(text, patternKinds[name]));
  };
  patterns('uri', '--uri');
  patterns('method', '--method');
  patterns('host', '--host');
  patterns('userAgent', '--user-agent');
  if (selection.status !== undefined) {
    if (fields.status === undefined) missing('--status', words.status);
    for (const text of selection.status) collect(faults, '--status', compileStatusPattern(text));
  }
  for (const [path, limit] of [
    ['--since', selection.sinceMs],
    ['--until', selection.untilMs],
  ] as const) {
    if (limit !== undefined && fields.time === undefined) missing(path, words.time, 'one');
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
  format: LogFormat,
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
    if (texts === undefined) continue;
    // Where several formats stand side by side, one may not tell.
    if (field === undefined) return () => false;
    const any = texts.map((text) => parsedValue(compilePattern(text, patternKinds[name])));
    tests.push(fieldTest(any, field, format, name === 'uri'));
  }
  if (tests.length === 0) return undefined;
  return (buffer, line, status, time) => {
    for (let i = 0; i < tests.length; i++) {
      if (!(tests[i] as LineTest)(buffer, line, status, time)) return false;
    }
    return true;
  };
}

function fieldTest(any: readonly TextTest[], field: TextField, format: LogFormat, isUri: boolean): LineTest {
  const known = new ByteCache<boolean>();
  const bounds: Bounds = { start: 0, end: 0 };
  return (buffer, line) => {
    bounds.start = line.starts[field.variable] as number;
    bounds.end = line.ends[field.variable] as number;
    narrow(field, buffer, bounds);
    const { start, end } = bounds;
    const before = known.get(buffer, start, end);
    if (before !== undefined) return before;
    const whole = textOf(buffer, start, end, format);
    const path = isUri ? textOf(buffer, start, pathEnd(buffer, start, end), format) : whole;
    const selected = any.some((test) => test(whole) || (path !== whole && test(path)));
    known.set(buffer, start, end, selected);
    return selected;
  };
}

function parsedValue<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}
