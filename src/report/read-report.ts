import * as z from 'zod';
import { LbbenchError } from '../model/fault.js';
import { type Report, reportSchema } from '../model/report.js';
import { sanitize } from '../text/sanitize.js';

const family = 'lbbench.report/';
const version = 1;
const damaged = 'the file is damaged; run the scenario again';

/** Lists and maps in each other: a scenario has about ten, and what writes a report calls itself for each. */
const mostLevels = 100;

/**
 * Reads a report back from its JSON.
 *
 * @param file its name for messages
 * @throws LbbenchError with one fault: the text is no JSON, no report, a report of another version, or damaged
 */
export function readReport(text: string, file: string): Report {
  const value = parse(text, file);
  refuseOtherVersions(value, file);
  if (isDeeperThan(mostLevels, value)) {
    throw refusal(file, `expected at most ${mostLevels} levels of lists and maps, got more`, {
      hint: damaged,
    });
  }
  const result = reportSchema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw refusal(file, issue === undefined ? 'expected a report' : issueText(issue), {
    path: issue === undefined ? undefined : pathText(issue.path),
    hint: damaged,
  });
}

/**
 * What `readReport` reads as a JSON Schema (draft 7), for programs in any language: every field with its type and meaning.
 * It allows fields that it does not know, which a newer lbbench may add.
 */
export function reportJsonSchema(): object {
  const schema = z.toJSONSchema(reportSchema, { io: 'input', target: 'draft-7', reused: 'inline' });
  return { ...schema, title: 'lbbench report' };
}

/** Level by level instead of calling itself: too deep is what it looks for. */
function isDeeperThan(most: number, value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    const got = text.trim() === '' ? 'an empty file' : 'text that is no JSON';
    throw refusal(file, `expected a report in JSON, got ${got}`, {
      hint: 'lbbench run writes reports to reports/, and with --export-json FILE',
    });
  }
}

function refuseOtherVersions(value: unknown, file: string): void {
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  if (schema === `${family}${version}`) return;
  const number = typeof schema === 'string' ? /^lbbench\.report\/(\d{1,9})$/.exec(schema)?.[1] : undefined;
  if (number === undefined) {
    throw refusal(file, `expected a report of lbbench, got ${shown(value)} without its schema`, {
      hint: `a report starts with "schema": "${family}${version}"`,
    });
  }
  const newer = Number(number) > version;
  throw refusal(
    file,
    `expected a report of schema ${family}${version}, got ${family}${number}, which is ${newer ? 'newer' : 'older'}`,
    { hint: newer ? 'use the lbbench that wrote it, or a newer one' : 'run the scenario again' },
  );
}

function issueText(issue: z.core.$ZodIssue): string {
  const got = shown(issue.input);
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${nouns[issue.expected] ?? issue.expected}, got ${got}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}, got ${got}`;
    case 'too_small':
      return `expected at least ${issue.minimum}, got ${got}`;
    case 'too_big':
      return `expected at most ${issue.maximum}, got ${Array.isArray(issue.input) ? issue.input.length : got}`;
    default:
      return `expected what a report has here, got ${got}`;
  }
}

const nouns: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(sanitize(value, 60));
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : String(value);
}

/** `runs[0].backends[1].share` */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${sanitize(String(key), 60)}`))
    .join('')
    .replace(/^\./, '');
}

function refusal(
  file: string,
  message: string,
  more: { readonly path?: string | undefined; readonly hint: string },
): LbbenchError {
  return new LbbenchError('usage', [{ file: sanitize(file), message, ...more }]);
}
