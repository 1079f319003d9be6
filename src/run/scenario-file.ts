import { readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readWhole, UnreadableFile } from '../files/read-whole.js';
import { LbbenchError } from '../model/fault.js';
import type { Plan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import { loadScenario } from '../scenario/load-scenario.js';
import type { Overrides } from '../scenario/overrides.js';

export type { Overrides } from '../scenario/overrides.js';

/**
 * Reads a scenario file and what it names.
 *
 * @throws LbbenchError with all faults at once
 */
export function readScenario(
  file: string,
  overrides: Overrides = {},
): { plan: Plan; warnings: readonly Warning[] } {
  let text: string;
  try {
    text = readWhole(file).toString();
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw new LbbenchError('usage', [
      {
        file,
        message: `expected a scenario file, got ${error.found}`,
        hint: 'lbbench init writes one to start from',
      },
    ]);
  }
  const loaded = loadScenario(text, file, {
    overrides,
    baseDir: dirname(resolve(file)),
    readFile: (path) => readWhole(path),
    listFolder: (path) => readdirSync(path),
  });
  if (!loaded.ok) throw new LbbenchError('usage', loaded.faults);
  return loaded;
}
