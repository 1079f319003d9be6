import { readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readWhole, UnreadableFile } from '../files/read-whole.js';
import { LbbenchError } from '../model/fault.js';
import type { Plan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import { loadScenario } from '../scenario/load-scenario.js';
import type { Overrides } from '../scenario/overrides.js';

export type { Overrides } from '../scenario/overrides.js';

interface ReadScenario {
  readonly plan: Plan;
  readonly warnings: readonly Warning[];
}

/**
 * Reads a scenario file and what it names. A URL in place of a file is a scenario that has nothing but this target.
 *
 * @param isTargetSet whether the target may have several algorithms, because somebody sets it to each
 * @throws LbbenchError with all faults at once
 */
export function readScenario(file: string, overrides: Overrides = {}, isTargetSet = false): ReadScenario {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(file))
    return loaded('{}', undefined, { ...overrides, url: file }, isTargetSet);
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
  return loaded(text, file, overrides, isTargetSet);
}

function loaded(
  text: string,
  file: string | undefined,
  overrides: Overrides,
  isTargetSet: boolean,
): ReadScenario {
  const scenario = loadScenario(text, file, {
    overrides,
    isTargetSet,
    baseDir: file === undefined ? process.cwd() : dirname(resolve(file)),
    env: process.env,
    readFile: (path) => readWhole(path),
    listFolder: (path) => readdirSync(path),
  });
  if (!scenario.ok) throw new LbbenchError('usage', scenario.faults);
  return scenario;
}
