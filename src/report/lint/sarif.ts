import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Log } from 'sarif';
import type { LintFinding, LintReport } from '../../model/lint.js';
import { jsonText } from '../json.js';
import { sectionOf } from './sections.js';

/**
 * Findings as SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format), which code reviews read. Files are named
 * as they were found: relative to where lbbench ran, if it was given a relative path.
 */
export function lintSarif({ tool, rules, findings }: LintReport): string {
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'lbbench lint',
            version: tool.version,
            rules: rules.map(({ id, severity, meaning }) => ({
              id,
              shortDescription: { text: meaning },
              // A helpUri must be absolute; the page comes with the package.
              help: { text: `See ${sectionOf(id)} of lbbench.` },
              defaultConfiguration: { level: severity },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({
          ruleId: finding.rule,
          ruleIndex: rules.findIndex(({ id }) => id === finding.rule),
          level: finding.severity,
          message: { text: messageOf(finding) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(finding.file) },
                region: { startLine: finding.line, startColumn: finding.column },
              },
            },
          ],
        })),
      },
    ],
  };
  return jsonText(log);
}

function messageOf({ what, why, fix, rule }: LintFinding): string {
  return `${what}. ${why}\nMend it with:\n${fix.map((line) => `    ${line}`).join('\n')}\nSee ${sectionOf(rule)}.`;
}

function uriOf(file: string): string {
  // Half a surrogate pair has no place in a URI.
  const path = Buffer.from(file).toString();
  return isAbsolute(path) ? pathToFileURL(path).href : path.split('/').map(encodeURIComponent).join('/');
}
