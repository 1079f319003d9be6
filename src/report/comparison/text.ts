import { basename } from 'node:path';
import type { Change, Comparison, Finding } from '../../model/comparison.js';
import { sanitize } from '../../text/sanitize.js';
import { displayWidth, wrap } from '../terminal/display-width.js';
import { type Paint, paintWith } from '../terminal/paint.js';
import { type Column, renderTable } from '../terminal/table.js';
import { thresholdBlock } from '../terminal/threshold-block.js';
import type { TerminalOptions } from '../terminal.js';
import { changesByRun, changeText, estimateText, evidenceText, findingWord, headOf } from './change-words.js';

const widest = 120;

/** Reports side by side for a person: a table for each run, the baseline's column first. */
export function comparisonText(comparison: Comparison, options: TerminalOptions): string {
  const paint = paintWith(options.color);
  const width = Math.max(40, Math.min(widest, options.width));
  const heads = reportHeads(comparison);
  const blocks = changesByRun(comparison.changes).map(([run, changes]) => [
    ...wrap(sanitize(run, 120), width).map(paint.bold),
    ...runTable(changes, heads, width, paint),
  ]);
  if (blocks.length === 0) blocks.push(['No run of theirs measured anything.']);
  blocks.push(wrap(evidenceText(comparison), width - 2).map((line) => paint.dim(`  ${line}`)));
  if (comparison.notes.length > 0) {
    blocks.push(
      comparison.notes.flatMap((note) => {
        const [first = '', ...rest] = wrap(sanitize(note, 300), width - 4);
        return [`  ${paint.doubtful('!')} ${first}`, ...rest.map((line) => `    ${line}`)];
      }),
    );
  }
  const { thresholds, verdict } = comparison;
  if (thresholds.length > 0) {
    const runs = [...new Set(thresholds.map(({ run }) => run))];
    blocks.push(thresholdBlock({ thresholds, verdict, runs }, width, paint));
  }
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** File names without their folders where that tells them apart. */
function reportHeads({ reports }: Comparison): string[] {
  const short = reports.map(({ file }) => basename(file));
  const names = new Set(short).size === short.length ? short : reports.map(({ file }) => file);
  return names.map((name) => shortened(sanitize(name, 200)));
}

/** The end of a path says more than its start. */
function shortened(name: string): string {
  const characters = [...name];
  return characters.length <= 24 ? name : `…${characters.slice(-23).join('')}`;
}

function runTable(
  changes: readonly Change[],
  heads: readonly string[],
  width: number,
  paint: Paint,
): string[] {
  const right = (head: string, dropOrder: number, cells: readonly string[]): Column => ({
    head,
    align: 'right',
    dropOrder,
    cells,
  });
  const columns: Column[] = [
    { head: '', align: 'left', dropOrder: 0, cells: changes.map(({ metric }) => headOf(metric)) },
    ...heads.flatMap((head, index): Column[] => {
      const values = right(
        head,
        index === 0 ? 1 : 2,
        changes.map(({ metric, estimates }) => estimateText(metric, estimates[index])),
      );
      if (index === 0) return [values];
      const findings = changes.map((change) => change.findings[index - 1]);
      return [
        values,
        right(
          'change',
          0,
          findings.map((finding) => (finding === undefined ? '' : changeText(finding))),
        ),
        {
          head: '',
          align: 'left',
          dropOrder: 0,
          cells: padded(
            findings.map((finding) => (finding === undefined ? '' : findingText(finding, paint))),
          ),
        },
      ];
    }),
  ];
  return renderTable(columns, width, paint);
}

/** Painted texts in a column on the left must be of one width, which the table would otherwise count with their paint. */
function padded(texts: readonly string[]): string[] {
  const widest = Math.max(0, ...texts.map(displayWidth));
  return texts.map((text) => text + ' '.repeat(widest - displayWidth(text)));
}

function findingText(finding: Finding, paint: Paint): string {
  const { verdict } = finding;
  const word = findingWord(finding);
  if (verdict === 'better') return paint.good(word);
  return verdict === 'worse' ? paint.bad(word) : paint.dim(word);
}
