import { figureNamed } from '../../figures/catalogue.js';
import { formatDeviation } from '../../figures/format.js';
import { units } from '../../figures/units.js';
import type { Change, ComparedMetric, Comparison, Estimate, Finding } from '../../model/comparison.js';

/** What a comparison's figure is called, for all of its formats. */
export function headOf(metric: ComparedMetric): string {
  const { head, unit } = figureNamed(metric);
  return `${head}${units[unit].headSuffix}`;
}

const findingWords: Readonly<Record<Finding['verdict'], string>> = {
  better: 'better',
  worse: 'worse',
  'no-evidence': 'no evidence',
  'no-data': 'no data',
};

/** One run each says nothing about the next run, and the word must not sound as if it did. */
export function findingWord({ verdict, basis }: Finding): string {
  const proven = verdict === 'better' || verdict === 'worse';
  return `${findingWords[verdict]}${proven && basis === 'requests' ? ' in these runs' : ''}`;
}

export function estimateText(metric: ComparedMetric, estimate: Estimate | undefined): string {
  return units[figureNamed(metric).unit].bare(estimate?.value);
}

/** `+4.2 %`; nothing where there is no ratio to speak of. */
export function changeText({ change }: Finding): string {
  return change === undefined ? '' : formatDeviation(change);
}

/** The changes of one run together, in their order. */
export function changesByRun(changes: readonly Change[]): (readonly [run: string, changes: Change[]])[] {
  return [...new Set(changes.map(({ run }) => run))].map((run) => [
    run,
    changes.filter((change) => change.run === run),
  ]);
}

/** What `better`, `worse` and `no evidence` rest on here. */
export function evidenceText({ changes }: Comparison): string {
  const bases = new Set(changes.flatMap(({ findings }) => findings.map(({ basis }) => basis)));
  const parts = ['better and worse where chance would show the change less than 1 time in 100'];
  if (bases.has('rounds')) parts.push('by the rounds of both sides');
  if (bases.has('requests')) {
    parts.push(
      'by the requests of one run each, which does not see how runs differ; a rate needs repeat: 3 or more on both sides',
    );
  } else if (!bases.has('rounds')) parts.push('for which both sides need repeat: 3 or more');
  return parts.join(', ');
}
