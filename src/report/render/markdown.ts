import { formatResult, ruleText } from '../../figures/catalogue.js';
import type { Verdict } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { type Checks, columnsOver, name, type Said, type Table, type Warnings } from '../blocks/block.js';

const verdictSigns: Readonly<Record<Verdict, string>> = {
  pass: '✅ pass',
  fail: '❌ fail',
  inconclusive: '❔ inconclusive',
  'no-data': '❔ no data',
};

/** `: ❌ fail` for a heading; nothing where nothing was judged. */
export function judged({ thresholds, verdict }: Pick<Checks, 'thresholds' | 'verdict'>): string {
  return verdict !== undefined && thresholds.length > 0 ? `: ${verdictSigns[verdict]}` : '';
}

/** Every rule with its value and verdict; nothing where nothing was judged. */
export function checkTable({ thresholds }: Pick<Checks, 'thresholds'>): string[] {
  if (thresholds.length === 0) return [];
  const { text, figure } = columnsOver(thresholds);
  return [
    tableText({
      kind: 'table',
      columns: [
        text('verdict', ({ verdict }) => verdictSigns[verdict]),
        text('threshold', (result) => name(ruleText(result))),
        text('run', ({ run }) => name(run)),
        figure('value', formatResult),
        text('note', ({ note = '' }) => ({ text: note, is: 'sentence' })),
      ],
    }),
  ];
}

/** What must be known with the verdict. */
export function remarkList(remarks: readonly string[]): string[] {
  return remarks.length === 0 ? [] : [remarks.map((remark) => `- **${plainText(remark, 300)}**`).join('\n')];
}

/** A table of GitHub-flavoured Markdown. */
export function tableText({ columns }: Table): string {
  const shown = columns.filter(({ only }) => only === undefined || only.includes('markdown'));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(shown.map(({ head }) => cellText(head))),
    line(shown.map(({ align }) => (align === 'left' ? '---' : '---:'))),
    ...(shown[0]?.cells ?? []).map((_, row) => line(shown.map(({ cells }) => cellText(cells[row] ?? '')))),
  ].join('\n');
}

function cellText(said: Said): string {
  if (typeof said === 'string') return said;
  const { text, is, suffix = '', aside } = said;
  const shown = is === undefined ? text : is === 'name' ? codeSpan(text) : plainText(text);
  return `${shown}${suffix}${aside === undefined ? '' : ` (${aside})`}`;
}

/** A list of warnings; nothing without any. */
export function warningList({ warnings }: Omit<Warnings, 'kind'>): string[] {
  if (warnings.length === 0) return [];
  const lines = warnings.map(
    ({ code, text }) => `- ⚠️ ${code === undefined ? '' : `${codeSpan(code)} `}${plainText(text)}`,
  );
  return [lines.join('\n')];
}

/**
 * A name from outside as a code span, where Markdown, HTML, mentions and autolinks mean nothing. The fence is longer than
 * any run of backticks inside; pipes are escaped for tables, which split cells before they look at code spans.
 */
export function codeSpan(text: string, maxCharacters?: number): string {
  const inner = sanitize(text, maxCharacters).replace(/(\\*)\|/g, '$1$1\\|');
  if (inner.trim() === '') return '';
  const longest = [...inner.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 0);
  const fence = '`'.repeat(longest + 1);
  const space = inner.startsWith('`') || inner.endsWith('`') ? ' ' : '';
  return `${fence}${space}${inner}${space}${fence}`;
}

/**
 * A sentence that may hold names from outside, as text that means only itself inside a line: markup, HTML, formulas and
 * what GitHub would turn into links are escaped. GitHub looks for mentions and issue numbers after Markdown; an empty comment keeps it from finding them.
 */
export function plainText(text: string, maxCharacters = 1000): string {
  return sanitize(text, maxCharacters)
    .replace(/[\\`*_{}[\]<>&|~$]|:(?=\/\/)|(?<=www)\./gi, '\\$&')
    .replace(/[@#]/g, '$&<!-- -->');
}
