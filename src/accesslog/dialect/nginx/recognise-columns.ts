import type { LogFormat } from '../../../nginx/log-format.js';
import { nameFields, type SampleField } from './field-names.js';

/** A line cut into texts that are the same in all lines and values between them. */
interface Skeleton {
  readonly literals: readonly string[];
  readonly keys: readonly (string | undefined)[];
  readonly values: readonly string[];
}

/** Recognises tab-separated lines, with labels (`status:200`) or without. */
export function recogniseTabs(lines: readonly string[]): LogFormat | undefined {
  const rows = lines.map((line) => line.split('\t')).filter((columns) => columns.length >= 3);
  if (rows.length < lines.length / 2) return undefined;
  const isLabelled = rows.every((columns) => columns.every((column) => /^[\w@.-]+:/.test(column)));
  return fromSkeletons(rows.map((columns) => tabSkeleton(columns, isLabelled)));
}

/** A name and an equals sign, at the start of a line or behind another pair. */
const pairStart = /(?:^|[ ,;\t]+)([A-Za-z_@][\w.@-]*)=("?)/y;
/** With fewer pairs a line is text that has an equals sign in it. */
const leastPairs = 4;

/** Recognises lines of pairs (`status=200 request="GET / HTTP/1.1"`, logfmt), whose values may have spaces even without quotes. */
export function recognisePairs(lines: readonly string[]): LogFormat | undefined {
  const rows = lines.flatMap((line) => pairsSkeleton(line) ?? []);
  return rows.length < lines.length / 2 ? undefined : fromSkeletons(rows);
}

/** @param skeletons lines, of which those count that most are like */
function fromSkeletons(skeletons: readonly Skeleton[]): LogFormat | undefined {
  const byFrame = new Map<string, Skeleton[]>();
  for (const skeleton of skeletons) {
    const frame = skeleton.literals.join('\0');
    byFrame.set(frame, [...(byFrame.get(frame) ?? []), skeleton]);
  }
  const [alike = []] = [...byFrame.values()].sort((one, other) => other.length - one.length);
  const [first] = alike;
  if (first === undefined) return undefined;
  const fields = first.keys.map(
    (key, index): SampleField => ({ key, values: alike.map(({ values }) => values[index] as string) }),
  );
  const names = nameFields(fields);
  // Without any of these there is nothing to count.
  if (!names.some((name) => name === 'upstream_addr' || name === 'status' || name === 'request'))
    return undefined;
  const variables = names.map((name, index) => name ?? `unknown_${index + 1}`);
  const text = first.literals.map((literal, index) =>
    index === 0 ? literal : `$${variables[index - 1]}${literal}`,
  );
  return {
    text: text.join(''),
    escape: 'default',
    literals: first.literals.map((literal) => Buffer.from(literal)),
    variables,
  };
}

function tabSkeleton(columns: readonly string[], isLabelled: boolean): Skeleton {
  const labels = columns.map((column) => (isLabelled ? column.slice(0, column.indexOf(':')) : undefined));
  const frames = labels.map(
    (label, index) => `${index === 0 ? '' : '\t'}${label === undefined ? '' : `${label}:`}`,
  );
  return {
    literals: [...frames, ''],
    keys: labels,
    values: columns.map((column, index) =>
      column.slice(labels[index] === undefined ? 0 : (labels[index] ?? '').length + 1),
    ),
  };
}

function pairsSkeleton(line: string): Skeleton | undefined {
  const literals: string[] = [];
  const keys: string[] = [];
  const values: string[] = [];
  let literal = '';
  for (let at = 0; at < line.length; ) {
    pairStart.lastIndex = at;
    const [start, key = '', quote] = pairStart.exec(line) ?? [];
    if (start === undefined) return undefined;
    literals.push(literal + start);
    keys.push(key);
    at += start.length;
    const end = quote === '"' ? endOfQuoted(line, at) : endOfBare(line, at);
    if (end < 0) return undefined;
    values.push(line.slice(at, end));
    literal = quote ?? '';
    at = end + literal.length;
  }
  return keys.length < leastPairs ? undefined : { literals: [...literals, literal], keys, values };
}

function endOfQuoted(line: string, start: number): number {
  const length = /^(?:[^"\\]|\\.)*/s.exec(line.slice(start))?.[0].length ?? 0;
  return line[start + length] === '"' ? start + length : -1;
}

/** Where the next pair starts, or the line ends. */
function endOfBare(line: string, start: number): number {
  const next = /[ ,;\t]+[A-Za-z_@][\w.@-]*=/.exec(line.slice(start));
  return next === null ? line.length : start + next.index;
}
