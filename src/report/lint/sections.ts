import type { LintSeverity } from '../../model/lint.js';

/** The worst first. */
export const severities: readonly LintSeverity[] = ['error', 'warning', 'note'];

/** Where the documentation that comes with lbbench tells of a rule. */
export function sectionOf(rule: string): string {
  return `docs/lint.md#${rule}`;
}
