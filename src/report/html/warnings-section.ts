import type { RunReport } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { element, type MarkupElement } from './markup.js';

const mostWarnings = 200;

/** What each run warns of, in the order of the runs. */
export function warningsSection(runs: readonly RunReport[]): MarkupElement[] {
  const all = runs.flatMap(({ name, warnings }) => warnings.map((warning) => ({ name, ...warning })));
  if (all.length === 0) return [element('p', {}, 'None.')];
  return [
    element(
      'ul',
      { class: 'warnings' },
      all
        .slice(0, mostWarnings)
        .map(({ name, code, text }) =>
          element(
            'li',
            {},
            element('code', {}, sanitize(code, 40)),
            `${sanitize(name, 60)}: ${sanitize(text, 1000)}`,
          ),
        ),
    ),
  ];
}
