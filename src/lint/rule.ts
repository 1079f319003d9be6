import type { LintRule } from '../model/lint.js';
import type { Directive } from '../nginx/config/directive.js';
import { formatWord } from '../nginx/words.js';
import type { Configuration } from './configuration.js';

/** What a rule found: the directive to point at and what to say of it (see `LintFinding`). */
export interface Remark {
  readonly at: Directive;
  readonly what: string;
  readonly why: string;
  readonly fix: readonly string[];
}

/** A row of the table of rules. */
export interface Rule extends LintRule {
  readonly check: (configuration: Configuration) => readonly Remark[];
}

/** A directive as a line of a configuration. */
export function lineOf(name: string, ...args: readonly string[]): string {
  return `${[name, ...args].map(formatWord).join(' ')};`;
}

/** The line of a directive as it stands, without its block. */
export function written({ name, args, block }: Directive): string {
  return block === undefined ? lineOf(name, ...args) : `${[name, ...args].map(formatWord).join(' ')} { … }`;
}
