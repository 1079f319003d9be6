import { weightsUnknown } from '../../figures/counts.js';
import type { RunGroup } from '../../figures/run-groups.js';
import type { Report } from '../../model/report.js';
import { adviceText } from '../advice-text.js';
import { compareTable, titleOf } from './compare-section.js';
import { element, type MarkupElement } from './markup.js';
import { section } from './section.js';
import { shareFigure } from './share-charts.js';

/** What is to be seen before anything else, below the verdict: the runs side by side, and who got how much. */
export function firstScreen(
  { advice }: Report,
  groups: readonly RunGroup[],
  shown: readonly RunGroup[],
): MarkupElement[] {
  const runs = shown.map(({ typical }) => typical);
  const shares = runs.flatMap(({ backends }) =>
    backends.flatMap(({ share, expectedShare }) => [share ?? 0, expectedShare ?? 0]),
  );
  const scale = shares.reduce((longest, share) => Math.max(longest, share), 0.01);
  const unknown = runs.some((run) => run.backends.length > 0 && weightsUnknown(run));
  return [
    section('side-by-side', groups.length > 1 ? 'Side by side' : 'The run', [
      compareTable(groups),
      advice === undefined
        ? undefined
        : element('p', { class: 'advice' }, element('strong', {}, 'Advice: '), adviceText(advice)),
    ]),
    section('shares', 'Share against expected', [
      element(
        'p',
        { class: 'note' },
        `The mark is the expected share${unknown ? '; no weights are known, so it is the same for all' : ''}. Orange is further off than chance explains.`,
      ),
      element(
        'div',
        { class: 'grid' },
        shown.map((group) => shareFigure(group.typical, titleOf(group), scale, shown.length)),
      ),
    ]),
  ];
}
