import { readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readPieces, readWhole, UnreadableFile } from '../files/read-whole.js';
import { LbbenchError } from '../model/fault.js';
import type { Plan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import { loadScenario } from '../scenario/load-scenario.js';
import type { Overrides } from '../scenario/overrides.js';
import type { Scenario } from '../scenario/schema/scenario.js';
import { shown } from '../text/shown.js';

export type { LlmFlags } from '../scenario/llm-flags.js';
export type { Overrides } from '../scenario/overrides.js';
export type { Scenario } from '../scenario/schema/scenario.js';

interface ReadScenario {
  readonly plan: Plan;
  readonly warnings: readonly Warning[];
}

/**
 * Reads a scenario file and what it names. A URL in place of a file is a scenario that has nothing but this target; an object is what
 * a file would say, with names of files from the working directory on.
 *
 * @param isTargetSet whether the target may have several algorithms, because somebody sets it to each
 * @throws LbbenchError with all faults at once
 */
export function readScenario(
  file: string | Scenario,
  overrides: Overrides = {},
  isTargetSet = false,
): ReadScenario {
  if (typeof file !== 'string') return loaded(textOf(file), undefined, overrides, isTargetSet);
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

/** JSON is YAML. */
function textOf(scenario: Scenario): string {
  try {
    // From JavaScript comes whatever there is, also what JSON leaves out.
    return (JSON.stringify(scenario) as string | undefined) ?? 'null';
  } catch (error) {
    throw LbbenchError.usage(
      'scenario',
      `expected what JSON can hold, got ${shown((error as Error).message)}`,
    );
  }
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
    readPieces,
    listFolder: (path) => readdirSync(path),
  });
  if (!scenario.ok) throw new LbbenchError('usage', scenario.faults);
  return scenario;
}
