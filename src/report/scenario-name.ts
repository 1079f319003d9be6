import type { Report } from '../model/report.js';

/** The name in the report's scenario, which is typed as unknown because reports are read back from files. */
export function scenarioName({ scenario }: Report): string | undefined {
  if (typeof scenario !== 'object' || scenario === null || !('name' in scenario)) return undefined;
  return typeof scenario.name === 'string' && scenario.name !== '' ? scenario.name : undefined;
}
