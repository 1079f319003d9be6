import type { Fault } from '../../model/fault.js';
import type { Parsed } from '../../model/parsed.js';
import type { LogFormat } from '../../nginx/log-format.js';
import { ByteCache } from '../../text/byte-cache.js';
import { didYouMean } from '../../text/closest.js';
import { shown } from '../../text/shown.js';
import type { LogFields, TextField } from '../dialect/dialect.js';
import { dialectOf } from '../dialect/dialects.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import type { TimeReader } from '../scanner/time-reader.js';
import type { Selection } from './line-question.js';
import { compilePattern, compileStatusPattern, patternKinds, type TextTest } from './pattern.js';
import { type Bounds, narrow, pathEnd, textOf, variableNamed } from './text-value.js';

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
  for (const text of selection.where ?? []) {
    const term = parseTerm(text);
    collect(faults, '--where', term);
    if (term.ok && variableNamed(format, term.value.name) === undefined)
      faults.push(unknownVariable('--where', term.value.name, format));
  }
  for (const [path, limit] of [
    ['--since', selection.sinceMs],
    ['--until', selection.untilMs],
  ] as const) {
    if (limit !== undefined && fields.time === undefined) missing(path, words.time, 'one');
  }
  return faults;
}

/** A fault for the name of a variable that a format does not have. @param others what else could have been meant */
export function unknownVariable(
  path: string,
  name: string,
  { variables }: LogFormat,
  others: readonly string[] = [],
): Fault {
  const names = [...others, ...variables.filter((one) => !one.startsWith('unknown_'))];
  const what = others.length > 0 ? `${others.join(', ')} or a variable` : 'a variable';
  return {
    path,
    message: `expected ${what} of the log's format, got ${shown(name)}`,
    hint: `${didYouMean(name, names)}the format has ${variables.map((one) => shown(one)).join(', ')}`,
  };
}

/** What one `--where` asks of a variable. */
interface Term {
  readonly name: string;
  readonly isNot: boolean;
  readonly test: TextTest;
}

/** The variables that terms are about. */
export function namesInTerms(where: readonly string[]): readonly string[] {
  return where.flatMap((text) => {
    const term = parseTerm(text);
    return term.ok ? [term.value.name] : [];
  });
}

function parseTerm(text: string): Parsed<Term> {
  const [, name, operator, pattern = ''] = /^\s*[$%]?([^\s=!]+)\s*(!?=)(.*)$/s.exec(text) ?? [];
  if (name === undefined) {
    return {
      ok: false,
      message: `expected NAME=PATTERN or NAME!=PATTERN, got ${shown(text)}`,
      hint: "write for example --where 'proxy_upstream_name=llm-*'",
    };
  }
  const test = compilePattern(pattern, { isPath: false, anyCase: false });
  return test.ok ? { ok: true, value: { name, isNot: operator === '!=', test: test.value } } : test;
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
  const terms = (selection.where ?? []).map((text) => parsedValue(parseTerm(text)));
  for (const name of new Set(terms.map((term) => term.name))) {
    const variable = variableNamed(format, name);
    if (variable === undefined) return () => false;
    const own = terms.filter((term) => term.name === name);
    const any = own.filter(({ isNot }) => !isNot);
    const none = own.filter(({ isNot }) => isNot);
    const matches: TextTest = (text) =>
      (any.length === 0 || any.some(({ test }) => test(text))) && !none.some(({ test }) => test(text));
    tests.push(fieldTest([matches], { variable, part: 'whole' }, format, false));
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
