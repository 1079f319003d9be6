import { lint } from '../../src/lint/lint.js';
import { Suppressions } from '../../src/lint/suppressions.js';
import type { LintFinding } from '../../src/model/lint.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { parseVersion } from '../../src/nginx/version.js';

/** What lint finds in the text of a configuration. */
export function findingsIn(text: string, nginxVersion = ''): readonly LintFinding[] {
  const suppressions = new Suppressions();
  const config = parseConfig(text, 'nginx.conf', (comment, at) => suppressions.add(comment, at));
  if (!config.ok) throw new Error(JSON.stringify(config.faults));
  return lint(config.value, suppressions, parseVersion(nginxVersion)).findings;
}

/** The rules that apply, as `rule:line`, in the order of the lines. */
export function foundIn(text: string, nginxVersion?: string): readonly string[] {
  return findingsIn(text, nginxVersion).map(({ rule, line }) => `${rule}:${line}`);
}
