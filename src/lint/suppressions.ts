import type { LintFinding } from '../model/lint.js';
import type { Position } from '../nginx/config/directive.js';

const mark = /lbbench-disable-line\s+(.*)/;

/** The lines of a configuration that say which findings they do not want: `# lbbench-disable-line RULE, RULE`. */
export class Suppressions {
  readonly #rules = new Set<string>();

  /** @param comment with its `#` */
  add(comment: string, at: () => Position): void {
    const names = mark.exec(comment)?.[1];
    if (names === undefined) return;
    const { file, line } = at();
    for (const rule of names.split(/[\s,]+/)) this.#rules.add(keyOf(file, line, rule));
  }

  has({ file, line, rule }: LintFinding): boolean {
    return this.#rules.has(keyOf(file, line, rule));
  }
}

function keyOf(file: string | undefined, line: number, rule: string): string {
  return JSON.stringify([file ?? '', line, rule]);
}
