import type { z } from 'zod';
import { closestTo } from '../text/closest.js';
import { shown } from '../text/shown.js';
import type { Blame, Path } from './place.js';
import type { GrammarParams } from './schema/leaf.js';

/** A fault that knows its path but not yet its place. */
export interface PathFault {
  readonly path: Path;
  readonly blame: Blame;
  readonly message: string;
  readonly hint?: string | undefined;
  /** 0-based, into the text at `path`. */
  readonly offset?: number | undefined;
  /** Set when what is at `path` has no meaning at all, so that nothing is lost without it. */
  readonly surplus?: true | undefined;
}

type Issue = z.core.$ZodIssue;

/** What a schema issue says to people; `value` is what was checked. */
export function explainIssue(issue: Issue, value: unknown): readonly PathFault[] {
  return explain(issue, [], value);
}

function explain(issue: Issue, parent: Path, root: unknown): readonly PathFault[] {
  const path: Path = [...parent, ...issue.path.filter((step) => typeof step !== 'symbol')];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, issue.message));
    case 'invalid_union': {
      const branch = intendedBranch(issue.errors);
      return branch === undefined
        ? [mismatch(path, root, issue)]
        : branch.flatMap((inner) => explain(inner, path, root));
    }
    case 'invalid_key':
      return issue.issues.slice(0, 1).map((inner) => ({ ...written(path, inner), blame: 'key' }));
    case 'custom':
      return [written(path, issue)];
    default:
      return [mismatch(path, root, issue)];
  }
}

/** An issue of a grammar brings its whole message. */
function written(path: Path, issue: Issue): PathFault {
  const params = 'params' in issue ? (issue.params as Partial<GrammarParams> | undefined) : undefined;
  return { path, blame: 'value', message: issue.message, hint: params?.hint, offset: params?.offset };
}

function mismatch(path: Path, root: unknown, issue: Issue): PathFault {
  const found = lookUp(root, path);
  return {
    path,
    blame: 'value',
    message: `expected ${issue.message}, got ${showValue(found)}`,
    hint: hintFor(issue, found),
  };
}

function hintFor(issue: Issue, value: unknown): string | undefined {
  if (issue.code === 'invalid_value') {
    const names = issue.values.map(String);
    const closest = closestTo(String(value), names);
    // YAML reads 1.0 as the number 1.
    if (typeof value === 'number') return `put it in quotes: "${closest ?? names[0]}"`;
    return typeof value === 'string' && closest !== undefined ? `did you mean ${closest}?` : undefined;
  }
  if (issue.code !== 'invalid_type' || issue.expected !== 'string') return undefined;
  if (typeof value === 'number' && issue.message.startsWith('a time')) {
    return `write ${value}ms or ${value}s`;
  }
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  return isScalar ? 'put it in quotes' : undefined;
}

function unknownKey(path: Path, key: string, known: string): PathFault {
  const keys = known.split(', ');
  const closest = closestTo(key, keys);
  return {
    path: [...path, key],
    blame: 'key',
    message: `expected a known key, got ${shown(key)}`,
    hint: closest === undefined ? `known here are ${known}` : `did you mean ${closest}?`,
    surplus: true,
  };
}

/**
 * The alternative that the user seems to have meant: of those whose outermost type fits, the one with the fewest
 * complaints; a missing part weighs ten, because it means that another form was wanted.
 */
function intendedBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter(
    (issues) => !issues.some((issue) => issue.path.length === 0 && isTypeIssue(issue)),
  );
  const cost = (issues: readonly Issue[]): number =>
    issues.reduce((sum, issue) => {
      if (issue.code === 'unrecognized_keys') return sum + issue.keys.length;
      return sum + (issue.code === 'invalid_type' && issue.input === undefined ? 10 : 1);
    }, 0);
  return [...fitting].sort((a, b) => cost(a) - cost(b))[0];
}

function isTypeIssue(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function lookUp(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** A value as the `got …` of a fault: short, on one line, safe for a terminal. */
function showValue(value: unknown): string {
  if (typeof value === 'string') return shown(value);
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  return String(value);
}
