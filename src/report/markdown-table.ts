import type { Verdict } from '../model/report.js';

export const verdictSigns: Readonly<Record<Verdict, string>> = {
  pass: '✅ pass',
  fail: '❌ fail',
  inconclusive: '❔ inconclusive',
  'no-data': '❔ no data',
};

export interface MarkdownColumn<T> {
  readonly head: string;
  /** Texts are aligned left, figures right. */
  readonly text?: boolean;
  readonly cell: (row: T) => string;
}

/** A table of GitHub-flavoured Markdown. The cells must be escaped already. */
export function markdownTable<T>(columns: readonly MarkdownColumn<T>[], rows: readonly T[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ head }) => head)),
    line(columns.map(({ text }) => (text ? '---' : '---:'))),
    ...rows.map((row) => line(columns.map(({ cell }) => cell(row)))),
  ].join('\n');
}
