import { formatResult } from '../../figures/catalogue.js';
import type { Comparison, Finding } from '../../model/comparison.js';
import { markdownTable, verdictSigns } from '../markdown-table.js';
import { codeSpan, plainText } from '../markdown-text.js';
import { changesByRun, changeText, estimateText, evidenceText, findingWord, headOf } from './change-words.js';

const signs: Readonly<Record<Finding['verdict'], string>> = {
  better: '🟢 ',
  worse: '🔴 ',
  'no-evidence': '',
  'no-data': '',
};

/** Reports side by side for a pull request. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { reports, thresholds, verdict } = comparison;
  const blocks = [`## lbbench compare${thresholds.length > 0 ? `: ${verdictSigns[verdict]}` : ''}`];
  if (thresholds.length > 0) {
    blocks.push(
      markdownTable(
        [
          { head: 'verdict', text: true, cell: (result) => verdictSigns[result.verdict] },
          { head: 'threshold', text: true, cell: ({ rule }) => codeSpan(rule) },
          { head: 'run', text: true, cell: ({ run }) => codeSpan(run) },
          { head: 'value', cell: formatResult },
          { head: 'note', text: true, cell: ({ note }) => plainText(note ?? '') },
        ],
        thresholds,
      ),
    );
  }
  for (const [run, changes] of changesByRun(comparison.changes)) {
    blocks.push(`### ${codeSpan(run)}`);
    blocks.push(
      markdownTable(
        [
          { head: '', text: true, cell: ({ metric }) => headOf(metric) },
          ...reports.flatMap(({ file }, index) => [
            {
              head: codeSpan(file, 60),
              cell: ({ metric, estimates }: (typeof changes)[number]) =>
                estimateText(metric, estimates[index]),
            },
            ...(index === 0
              ? []
              : [
                  {
                    head: 'change',
                    cell: ({ findings }: (typeof changes)[number]) => findingText(findings[index - 1]),
                  },
                ]),
          ]),
        ],
        changes,
      ),
    );
  }
  blocks.push(`<sub>${plainText(evidenceText(comparison))}</sub>`);
  if (comparison.notes.length > 0) {
    blocks.push(comparison.notes.map((note) => `- ⚠️ ${plainText(note)}`).join('\n'));
  }
  return `${blocks.join('\n\n')}\n`;
}

function findingText(finding: Finding | undefined): string {
  if (finding === undefined) return '';
  const { verdict } = finding;
  return [changeText(finding), `${signs[verdict]}${findingWord(finding)}`].filter(Boolean).join(' ');
}
