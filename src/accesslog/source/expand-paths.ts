import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LbbenchError } from '../../model/fault.js';
import { globMatcher, isPattern } from '../../text/glob.js';
import { shown } from '../../text/shown.js';

/**
 * The files that paths and patterns name, each once, in the order in which they were written: rotated files
 * (`access.log.2.gz`, `access.log-20250301`) before the log they were rotated from. Logs of different names stay in
 * the order given. A path that exists is never taken as a pattern.
 *
 * @param rotated also takes the rotated files beside each path given
 * @throws LbbenchError for a pattern that matches nothing
 */
export function expandPaths(paths: readonly string[], rotated = false): string[] {
  const found: string[] = [];
  for (const path of paths) {
    if (path === '-') found.push(path);
    else if (isPattern(path) && !exists(path)) found.push(...glob(path));
    else if (rotated) found.push(...withRotated(path));
    else found.push(path);
  }
  const files = new Map<string, string>();
  for (const path of found) {
    const file = identityOf(path);
    if (!files.has(file)) files.set(file, path);
  }
  return inTimeOrder([...files.values()]);
}

/** The same for all names of one file: links to it, and other ways to write its path. */
function identityOf(path: string): string {
  if (path === '-') return path;
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    // What is wrong with it is said when it is opened.
    return resolve(path);
  }
}

/** Rotated files by logrotate's and newsyslog's names: `.N`, `-DATE`, `.DATE`, each perhaps compressed. */
const rotation =
  /^(?<base>.+?)(?:\.(?<number>\d{1,4})|[-.](?<date>\d{6,14}(?:[-_]\d{2,6})?|\d{4}-\d\d-\d\d(?:[-_T]\d+)?))?(?:\.gz)?$/s;

interface RotatedName {
  readonly base: string;
  /** Larger is later; the log itself is the latest. */
  readonly rank: readonly [kind: number, number: number, date: string];
}

function nameOf(path: string): RotatedName {
  const { base = '', number, date } = rotation.exec(basename(path))?.groups ?? {};
  const key = join(dirname(path), base);
  if (number !== undefined) return { base: key, rank: [1, -Number(number), ''] };
  if (date !== undefined) return { base: key, rank: [0, 0, date] };
  return { base: key, rank: [2, 0, ''] };
}

/** Sorts each log's rotated files; a log stands where its first file was given. */
export function inTimeOrder(paths: readonly string[]): string[] {
  const logs = new Map<string, { readonly path: string; readonly rank: RotatedName['rank'] }[]>();
  for (const path of paths) {
    const { base, rank } = nameOf(path);
    const files = logs.get(base) ?? [];
    files.push({ path, rank });
    logs.set(base, files);
  }
  return [...logs.values()].flatMap((files) =>
    files.sort((one, other) => compare(one.rank, other.rank)).map(({ path }) => path),
  );
}

function compare(one: RotatedName['rank'], other: RotatedName['rank']): number {
  return one[0] - other[0] || one[1] - other[1] || (one[2] < other[2] ? -1 : one[2] > other[2] ? 1 : 0);
}

function withRotated(path: string): string[] {
  const name = basename(path);
  const beside = namesIn(dirname(path)).filter(
    (other) => other !== name && nameOf(join(dirname(path), other)).base === join(dirname(path), name),
  );
  return [...beside.map((other) => join(dirname(path), other)), path];
}

function glob(pattern: string): string[] {
  let found = [pattern.startsWith('/') ? '/' : ''];
  for (const component of pattern.split('/').filter((part) => part !== '')) {
    if (!isPattern(component)) {
      found = found.map((directory) => join(directory, component));
      continue;
    }
    const matches = globMatcher(component);
    found = found.flatMap((directory) =>
      namesIn(directory === '' ? '.' : directory)
        .filter(matches)
        .sort()
        .map((name) => join(directory, name)),
    );
  }
  found = found.filter(exists);
  if (found.length > 0) return found;
  throw new LbbenchError('usage', [
    {
      file: pattern,
      message: `expected files that match ${shown(pattern)}, got none`,
      hint: 'check the folder, or whether you may read it',
    },
  ]);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  return namesIn(dirname(path)).includes(basename(path));
}
