import { UnreadableFile } from '../../src/files/read-whole.js';
import type { Plan } from '../../src/model/plan.js';
import { faultText } from '../../src/scenario/fault-text.js';
import { type LoadedScenario, loadScenario } from '../../src/scenario/load-scenario.js';
import type { Overrides } from '../../src/scenario/overrides.js';

/** Loads a scenario text as `s.yaml` in the folder `/s`, with these files beside it. */
export function load(
  text: string,
  files: Readonly<Record<string, string | Uint8Array>> = {},
  overrides: Overrides = {},
): LoadedScenario {
  return loadScenario(text, 's.yaml', {
    overrides,
    baseDir: '/s',
    readFile(path) {
      const content = files[path.replace(/^\/s\//, '')];
      if (content === undefined) {
        throw new UnreadableFile('ENOENT', 'there is no such file');
      }
      return typeof content === 'string' ? Buffer.from(content) : content;
    },
    listFolder(path) {
      const prefix = `${path.replace(/^\/s\/?/, '')}/`.replace(/^\//, '');
      return Object.keys(files)
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length));
    },
  });
}

/** The plan of a scenario that must be right. */
export function planOf(...args: Parameters<typeof load>): Plan {
  const loaded = load(...args);
  if (!loaded.ok) throw new Error(loaded.faults.map(faultText).join('\n'));
  return loaded.plan;
}

/** The faults of a scenario as printed, none for a right one. */
export function faultsOf(...args: Parameters<typeof load>): readonly string[] {
  const loaded = load(...args);
  return loaded.ok ? [] : loaded.faults.map(faultText);
}
