import type { Report } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';

/** The name in the report's scenario, which is typed as unknown because reports are read back from files. */
export function scenarioName({ scenario }: Report): string | undefined {
  if (typeof scenario !== 'object' || scenario === null || !('name' in scenario)) return undefined;
  return typeof scenario.name === 'string' && scenario.name !== '' ? scenario.name : undefined;
}

/** What a report is called where people read it. */
export function reportTitle(report: Report): string {
  return sanitize(scenarioName(report) ?? 'unnamed scenario', 100);
}

/** `2026-11-22T10:42:46.000Z` as `2026-11-22 10:42:46 UTC`; anything else as it is. */
export function startText({ startedAt }: Report): string {
  return sanitize(startedAt, 30).replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2 UTC');
}
