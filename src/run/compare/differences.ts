import type { Report, RunReport } from '../../model/report.js';
import { type MatchedRun, nameOfMatched } from './matched-runs.js';

const facts: readonly (readonly [name: string, of: (run: RunReport) => string | number | undefined])[] = [
  ['load model', ({ load }) => load.model],
  ['requests', ({ load }) => load.requests],
  ['concurrency', ({ load }) => load.concurrency],
  ['rate', ({ load }) => load.ratePerSec],
  ['balancer', ({ balancer }) => balancer],
  ['engine', ({ engine }) => engine],
];

/**
 * What was not the same about two measurements: their figures then differ for other reasons than the balancer.
 *
 * @param other what to call the second report
 * @param rows its runs behind those of the first
 */
export function differences(
  [first, second]: readonly [Report, Report],
  other: string,
  rows: readonly MatchedRun[],
): string[] {
  const told = rows.flatMap((row) => {
    const [a, b] = row.map((group) => group?.typical);
    return a === undefined || b === undefined
      ? []
      : [{ run: nameOfMatched(row), notes: runDifferences(a, b) }];
  });
  const notes = [...new Set(told.flatMap((one) => one.notes))].flatMap((note) => {
    const runs = told.filter((one) => one.notes.includes(note)).map(({ run }) => run);
    return runs.length === told.length ? [note] : runs.map((run) => `${run}: ${note}`);
  });
  for (const [key, verb] of [
    ['version', 'lbbench'],
    ['platform', 'measured on'],
  ] as const) {
    const [before, now] = [first.tool[key], second.tool[key]];
    if (now !== before) notes.push(`${verb} ${now} instead of ${before}`);
  }
  return notes.map((note) => `${other}: ${note}`);
}

function runDifferences(a: RunReport, b: RunReport): string[] {
  const notes = facts.flatMap(([name, of]) =>
    of(a) === of(b) ? [] : [`${name} ${of(b) ?? 'unknown'} instead of ${of(a) ?? 'unknown'}`],
  );
  const [before, now] = [poolOf(a), poolOf(b)];
  const isNew = now.filter((backend) => !before.includes(backend));
  const isGone = before.filter((backend) => !now.includes(backend));
  // Only those that differ: of a large pool the rest would hide them.
  if (isNew.length + isGone.length > 0) notes.push(`backends ${list(isNew)} instead of ${list(isGone)}`);
  return notes;
}

/** `127.0.0.1:8001=3`, without the weight where that is not known. */
function poolOf({ backends }: RunReport): string[] {
  return backends
    .map(({ address, weight }) => (weight === undefined ? address : `${address}=${weight}`))
    .sort();
}

function list(backends: readonly string[]): string {
  return backends.length === 0 ? 'none' : backends.join(', ');
}
