import { Outcome } from '../model/outcome.js';
import type { Tally } from '../tally/tally.js';
import { failureWords } from './failure-words.js';
import type { ErrorCause, LoadProgress } from './load-job.js';
import type { NamedCheck } from './response-checks.js';

const mostCauses = 4;

/**
 * A look at a tally that is still being filled.
 *
 * @param checks those that it has numbers of
 */
export function progressOf(
  tally: Tally,
  elapsedUs: number,
  checks: readonly NamedCheck[] = [],
): LoadProgress {
  const service = tally.overall('service');
  const p99Us = service.percentileUs(99);
  service.release();
  return {
    elapsedMs: elapsedUs / 1000,
    ended: tally.ended,
    failed: tally.ended - tally.responses,
    errors: tally.errorCount(),
    causes: mostFrequent(causesIn(tally, checks)),
    p99Ms: p99Us === undefined ? undefined : p99Us / 1000,
    backends: tally.cells.slice(1).map(({ address, count }) => ({ address, count })),
  };
}

/** Statuses and checks by name; how the others ended, in the words that were booked with them. */
function causesIn(tally: Tally, checks: readonly NamedCheck[]): ErrorCause[] {
  const failed = tally.failedChecks();
  const unchecked = tally.statuses
    .all()
    // What failed a check has a status that would have been right.
    .filter(({ status, isError }) => isError && (failed.size === 0 || Number(status[0]) >= 4))
    .map(({ status, counters }) => ({ text: `status ${status}`, count: counters.count }));
  const byCheck = [...failed].map(([check, count]) => ({ text: checks[check]?.check ?? 'a check', count }));
  const texts = tally.errors.entries().map(([text, count]) => ({ text: failureWords(text).said, count }));
  const untold = tally.ended - tally.responses - tally.countOf(Outcome.cancelled) - sumOf(texts);
  const rest = untold > 0 ? [{ text: 'no response', count: untold }] : [];
  return [...unchecked, ...byCheck, ...texts, ...rest];
}

function sumOf(causes: readonly ErrorCause[]): number {
  return causes.reduce((sum, { count }) => sum + count, 0);
}

function mostFrequent(causes: readonly ErrorCause[]): ErrorCause[] {
  return causes.toSorted((one, other) => other.count - one.count).slice(0, mostCauses);
}

/** The progress of parts of one load put together. */
export function mergedProgress(parts: readonly LoadProgress[]): LoadProgress {
  const p99s = parts.map(({ p99Ms }) => p99Ms).filter((p99Ms) => p99Ms !== undefined);
  const sum = (of: (part: LoadProgress) => number) => parts.reduce((total, part) => total + of(part), 0);
  const backends = added(
    parts.flatMap((part) => part.backends.map(({ address, count }) => [address, count] as const)),
  );
  const causes = added(
    parts.flatMap(({ causes = [] }) => causes.map(({ text, count }) => [text, count] as const)),
  );
  return {
    elapsedMs: Math.max(0, ...parts.map(({ elapsedMs }) => elapsedMs)),
    ended: sum(({ ended }) => ended),
    failed: sum(({ failed }) => failed),
    errors: sum(({ errors }) => errors),
    causes: mostFrequent([...causes].map(([text, count]) => ({ text, count }))),
    p99Ms: p99s.length === 0 ? undefined : Math.max(...p99s),
    backends: [...backends].map(([address, count]) => ({ address, count })),
  };
}

function added(counts: readonly (readonly [string, number])[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [key, count] of counts) sums.set(key, (sums.get(key) ?? 0) + count);
  return sums;
}
