import { formatQuantity } from '../../figures/format.js';
import type { LintFinding, LintReport, LintSeverity } from '../../model/lint.js';
import { sanitize } from '../../text/sanitize.js';
import { type Paint, paintWith } from '../render/paint.js';
import { wrap } from '../render/width.js';
import type { TerminalOptions } from '../terminal.js';
import { sectionOf, severities } from './sections.js';

const widest = 120;
const longestPath = 300;
/** Files named in one line. */
const mostNamed = 5;

/** Findings for a person, in the order of the configuration, and how many there are. */
export function lintText(report: LintReport, options: TerminalOptions): string {
  const paint = paintWith(options.color);
  const width = Math.max(40, Math.min(widest, options.width));
  const blocks = report.findings.map((finding) => findingLines(finding, width, paint));
  return `${[...blocks, endLines(report, width, paint)].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function findingLines(finding: LintFinding, width: number, paint: Paint): string[] {
  const { rule, severity, file, line, column, what, why, fix } = finding;
  const inside = (text: string) => wrap(text, width - 2).map((part) => `  ${part}`);
  const color = colorOf(severity, paint);
  return [
    // A place is one word, to be clicked on or copied.
    `${paint.bold(`${sanitize(file, longestPath)}:${line}:${column}`)}  ${color(severity)}  ${rule}`,
    ...inside(`${what}.`),
    ...inside(why).map(paint.dim),
    ...fix.map((part) => `      ${paint.good(part)}`),
    ...inside(`see ${sectionOf(rule)}`).map(paint.dim),
  ];
}

function colorOf(severity: LintSeverity, paint: Paint): (text: string) => string {
  if (severity === 'note') return paint.bold;
  return severity === 'error' ? paint.bad : paint.doubtful;
}

function endLines(report: LintReport, width: number, paint: Paint): string[] {
  const { file, findings, upstreams, suppressed, unread } = report;
  const counts = severities
    .map((severity) => ({ severity, count: findings.filter((one) => one.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => formatQuantity(count, severity));
  const found = counts.length === 0 ? 'nothing found that spoils the spread' : counts.join(', ');
  const looked = `${formatQuantity(upstreams, 'upstream')} looked at`;
  const left = suppressed === 0 ? '' : `, ${suppressed} suppressed`;
  return [
    ...unreadLines(unread, width, paint),
    ...wrap(`${sanitize(file, longestPath)}: ${found} (${looked}${left})`, width).map(paint.bold),
  ];
}

function unreadLines(unread: readonly string[], width: number, paint: Paint): string[] {
  if (unread.length === 0) return [];
  const names = unread.slice(0, mostNamed).map((path) => sanitize(path, longestPath));
  const more = unread.length > mostNamed ? ` and ${unread.length - mostNamed} more` : '';
  return wrap(
    `! not looked at, because it cannot be read here: ${names.join(', ')}${more}; nginx -T | lbbench lint - has all of it`,
    width,
  ).map(paint.doubtful);
}
