import type { EscapeMode, LogFormat } from '../../../nginx/log-format.js';
import { nameFields, type SampleField } from './field-names.js';

/** A line cut into texts that are the same in all lines and values between them. */
interface Skeleton {
  readonly literals: readonly string[];
  readonly keys: readonly (string | undefined)[];
  readonly values: readonly string[];
}

/** Recognises JSON lines (`escape=json`) from samples: the first line gives the frame, all of them the values. */
export function recogniseJson(lines: readonly string[]): LogFormat | undefined {
  return fromSkeletons(
    lines.flatMap((line) => jsonSkeleton(line) ?? []),
    'json',
  );
}

/** Recognises tab-separated lines, with labels (`status:200`) or without. */
export function recogniseTabs(lines: readonly string[]): LogFormat | undefined {
  const rows = lines.map((line) => line.split('\t')).filter((columns) => columns.length >= 3);
  if (rows.length < lines.length / 2) return undefined;
  const isLabelled = rows.every((columns) => columns.every((column) => /^[\w@.-]+:/.test(column)));
  return fromSkeletons(
    rows.map((columns) => tabSkeleton(columns, isLabelled)),
    'default',
  );
}

function fromSkeletons(skeletons: readonly Skeleton[], mode: EscapeMode): LogFormat | undefined {
  const [first] = skeletons;
  if (first === undefined) return undefined;
  const alike = skeletons.filter(({ literals }) => literals.join('\0') === first.literals.join('\0'));
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
    escape: mode,
    literals: first.literals.map((literal) => Buffer.from(literal)),
    variables,
  };
}

function jsonSkeleton(line: string): Skeleton | undefined {
  if (!/^\s*\{.*\}\s*$/s.test(line)) return undefined;
  try {
    JSON.parse(line);
  } catch {
    return undefined;
  }
  const literals: string[] = [];
  const keys: string[] = [];
  const values: string[] = [];
  let literal = '';
  let key = '';
  for (const { 0: token, 1: string, index } of line.matchAll(/"((?:[^"\\]|\\.)*)"|[-+.\w]+|[^"]/gs)) {
    const isString = string !== undefined;
    if (isString && /^\s*:/.test(line.slice(index + token.length, index + token.length + 9))) {
      key = string;
      literal += token;
    } else if (isString || /^[-+.\w]+$/.test(token)) {
      literals.push(isString ? `${literal}"` : literal);
      values.push(isString ? (JSON.parse(token) as string) : token);
      keys.push(key);
      literal = isString ? '"' : '';
    } else {
      literal += token;
    }
  }
  return { literals: [...literals, literal], keys, values };
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
