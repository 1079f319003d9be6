import type { LintFinding } from '../model/lint.js';
import type { Directive } from '../nginx/config/directive.js';
import type { NginxVersion } from '../nginx/version.js';
import { sanitize } from '../text/sanitize.js';
import { configurationOf } from './configuration.js';
import type { Remark, Rule } from './rule.js';
import { rules } from './rules.js';
import type { Suppressions } from './suppressions.js';

const longestText = 400;

interface Linted {
  readonly upstreams: number;
  readonly findings: readonly LintFinding[];
  readonly suppressed: number;
}

/**
 * Looks for what spoils the spread in a configuration, with its includes in place, or in a file that one includes. What
 * nginx would refuse is not looked for: that is for `nginx -t`.
 */
export function lint(
  directives: readonly Directive[],
  suppressions: Suppressions,
  version?: NginxVersion,
): Linted {
  const configuration = configurationOf(directives, version);
  const all = rules.flatMap((rule) => rule.check(configuration).map((remark) => findingOf(rule, remark)));
  const findings = all.filter((finding) => !suppressions.has(finding)).sort(byPlace);
  return { upstreams: configuration.pools.length, findings, suppressed: all.length - findings.length };
}

function findingOf({ id, severity }: Rule, remark: Remark): LintFinding {
  const { at, what, why, fix } = remark;
  return {
    rule: id,
    severity,
    file: at.at?.file ?? '',
    line: at.at?.line ?? 1,
    column: at.at?.column ?? 1,
    what: sanitize(what, longestText),
    why: sanitize(why, longestText),
    fix: fix.map((line) => sanitize(line, longestText)),
  };
}

function byPlace(one: LintFinding, other: LintFinding): number {
  if (one.file !== other.file) return one.file < other.file ? -1 : 1;
  return one.line - other.line || one.column - other.column;
}
