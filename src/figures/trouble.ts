import type { BackendReport, RunReport } from '../model/report.js';
import type { Warning } from '../model/warning.js';
import { attributedCount, backendErrors, brokenOff, isErrorStatus } from './counts.js';
import { formatCount, formatQuantity, formatShare } from './format.js';

/** A backend that was of no use to a run: what the rest of the figures would hide behind those that were. */
interface Trouble {
  readonly address: string;
  /** `got no request` */
  readonly short: string;
  readonly warning: Warning;
}

/**
 * The backends of a run that got nothing although something was expected of them, or answered nothing but errors. Of a run
 * whose responses do not say who served them there is nothing to tell.
 */
function troublesOf(run: RunReport): Trouble[] {
  const attributed = attributedCount(run);
  return run.backends.flatMap((backend) => {
    const { address, expectedShare = 0, count, retries } = backend;
    const answers = count + brokenOff(backend);
    const trouble = (code: Warning['code'], short: string, more: string): Trouble[] => [
      { address, short, warning: { code, text: `${address} ${short}${more}` } },
    ];
    if (answers > 0) {
      return backendErrors(backend) === answers
        ? trouble('failing-backend', 'answered nothing but errors', `: ${errorText(backend)}`)
        : [];
    }
    if (retries > 0) {
      const attempts = formatQuantity(retries, 'attempt');
      return trouble('failing-backend', 'answered nothing', `: ${attempts} at it failed`);
    }
    return expectedShare > 0 && attributed > 0
      ? trouble(
          'silent-backend',
          'got no request',
          `, and ${formatShare(expectedShare)} of them were expected`,
        )
      : [];
  });
}

/** `20 × 502, 3 × 503 and 1 broke off` */
function errorText(backend: BackendReport): string {
  const broken = brokenOff(backend);
  const { failedChecks = 0 } = backend;
  const statuses = Object.entries(backend.status)
    // What failed a check had a status that would have been right.
    .filter(([status]) => failedChecks === 0 || isErrorStatus(status))
    .toSorted(([, a], [, b]) => b - a)
    .map(([status, count]) => `${formatCount(count)} × ${status}`);
  return [
    ...statuses,
    ...(failedChecks > 0 ? [`${formatQuantity(failedChecks, 'failed check')}`] : []),
    ...(broken > 0 ? [`${formatCount(broken)} broke off`] : []),
  ].join(', ');
}

export function troubleWarnings(run: RunReport): Warning[] {
  return troublesOf(run).map(({ warning }) => warning);
}

const mostNamed = 3;

/** The same for a verdict: each backend once, with the runs where not all of several had the trouble. */
export function troubleRemarks(runs: readonly RunReport[]): string[] {
  const byTrouble = new Map<string, string[]>();
  for (const run of runs) {
    for (const { address, short } of troublesOf(run)) {
      const remark = `${address} ${short}`;
      byTrouble.set(remark, [...(byTrouble.get(remark) ?? []), run.name]);
    }
  }
  const remarks = [...byTrouble].map(([remark, names]) => {
    if (names.length === runs.length) return remark;
    const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
    return `${remark} in ${names.slice(0, mostNamed).join(', ')}${more}`;
  });
  const more = remarks.length - mostNamed;
  return more > 0
    ? [...remarks.slice(0, mostNamed), `${formatQuantity(more, 'more such backend')} in the warnings`]
    : remarks;
}
