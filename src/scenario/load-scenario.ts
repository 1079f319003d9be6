import { basename } from 'node:path';
import { _check } from 'zod/v4/core';
import type { Fault } from '../model/fault.js';
import type { Plan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import { formatAlgorithm } from '../nginx/algorithm.js';
import { hiding } from '../text/secrets.js';
import { shown } from '../text/shown.js';
import { FaultLog } from './fault-log.js';
import { type Overrides, withFlags } from './overrides.js';
import type { Path } from './place.js';
import { resolveAttribution } from './resolve/attribution.js';
import type { ResolveContext } from './resolve/context.js';
import { type Expectation, resolveExpect } from './resolve/expect.js';
import { poolWeights } from './resolve/expected.js';
import { resolveLab } from './resolve/lab.js';
import { resolveLoad, resolveTrace } from './resolve/load.js';
import { resolveExactly, resolveRequests } from './resolve/requests.js';
import { resolveSessions } from './resolve/sessions.js';
import { refuseOtherFamily, refuseTls, resolveTarget } from './resolve/target.js';
import { resolveThresholds } from './resolve/thresholds.js';
import { type FileSource, ScenarioFiles } from './scenario-files.js';
import { type CheckedScenario, scenarioSchema } from './schema/scenario.js';
import { explainIssue, type PathFault } from './schema-fault.js';
import { type Environment, Variables } from './variables.js';
import { readYaml, type ScenarioDocument } from './yaml-document.js';

export interface LoadOptions extends FileSource {
  readonly overrides: Overrides;
  /** The folder that the scenario's file names start from. */
  readonly baseDir: string;
  /** What `${NAME}` in the scenario stands for; none without it. */
  readonly env?: Environment | undefined;
  /** Whether somebody sets the target to each of several algorithms. */
  readonly isTargetSet?: boolean | undefined;
}

/** A plan that is ready to run, or everything that keeps the scenario from becoming one. */
export type LoadedScenario =
  | { readonly ok: true; readonly plan: Plan; readonly warnings: readonly Warning[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Turns the text of a scenario into a plan: reads YAML, checks every value and what must fit together, reads the
 * files it names, applies the flags, fills in the defaults. Never throws for what a user wrote; all faults come at
 * once, in the order of the file.
 *
 * @param file the scenario's name for messages; `undefined` when flags alone make it
 */
export function loadScenario(text: string, file: string | undefined, options: LoadOptions): LoadedScenario {
  const variables = new Variables(options.env ?? {});
  const loaded = loadWith(variables, text, file, options);
  const { secrets } = variables;
  if (!loaded.ok) return hiding(secrets)(loaded);
  if (secrets.length === 0) return loaded;
  return { ...loaded, plan: { ...loaded.plan, secrets }, warnings: hiding(secrets)(loaded.warnings) };
}

function loadWith(
  variables: Variables,
  text: string,
  file: string | undefined,
  options: LoadOptions,
): LoadedScenario {
  const read = readYaml(text, file, variables);
  if (!read.ok) return { ok: false, faults: read.faults };
  const { document } = read;
  const written = checkStructure(document);
  const { value, flags } = withFlags(written.value, options.overrides);
  const structure = flags.size === 0 ? written : checkValue(value);
  const faults = new FaultLog(file, document, structure.faults, flags);
  for (const fault of read.faults) faults.addPlaced(fault);
  // What a flag replaces is wrong in the file all the same.
  for (const fault of written.faults) faults.addInFile(fault);
  for (const fault of structure.faults) if (faults.isOfFlag(fault.path)) faults.add(fault);
  if (written.checked === undefined || structure.checked === undefined) {
    return { ok: false, faults: faults.sorted() };
  }

  const context: ResolveContext = {
    faults,
    files: new ScenarioFiles(options.baseDir, options, faults),
    variables,
    warnings: [],
    isTargetSet: options.isTargetSet === true,
  };
  checkExclusive(document, options.overrides, faults);
  const plan = resolvePlan(structure.checked, file, context);
  const found = faults.sorted();
  return found.length === 0 ? { ok: true, plan, warnings: context.warnings } : { ok: false, faults: found };
}

/** What is right of a scenario, and what is not. */
interface Structure {
  /** What was checked. */
  readonly value: unknown;
  /**
   * As if everything wrong had been left out, so that the rest can still be checked; a wrong item of a list leaves a
   * hole. `undefined` when nothing is left.
   */
  readonly checked: CheckedScenario | undefined;
  readonly faults: readonly PathFault[];
}

/** Checks a document. A number out of the environment, such as a password, is a text where a number is wrong. */
function checkStructure(document: ScenarioDocument): Structure {
  const structure = checkValue(document.value);
  const texts = structure.faults.flatMap(({ path }) => {
    const text = document.textAt(path);
    return text === undefined ? [] : [{ path, text }];
  });
  if (texts.length === 0) return structure;
  const value = structuredClone(document.value);
  for (const { path, text } of texts) setAt(value, path, text);
  return checkValue(value);
}

function setAt(root: unknown, path: Path, text: string): void {
  const parent = path.slice(0, -1).reduce((value, step) => Reflect.get(value as object, step), root);
  Reflect.set(parent as object, path.at(-1) ?? '', text);
}

/** Checks every single value against the schema, which goes on past what is wrong. */
function checkValue(raw: unknown): Structure {
  let checked: CheckedScenario | undefined;
  const keeping = _check<CheckedScenario>(
    ({ value, issues }) => {
      if (issues.every((issue) => issue.continue === true)) checked = value;
    },
    { when: () => true },
  );
  const result = scenarioSchema.check(keeping).safeParse(raw, { reportInput: true });
  const issues = result.success ? [] : result.error.issues;
  return { value: raw, checked, faults: distinct(issues.flatMap((issue) => explainIssue(issue, raw))) };
}

function distinct(faults: readonly PathFault[]): readonly PathFault[] {
  const seen = new Set<string>();
  return faults.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    return !seen.has(key) && seen.add(key);
  });
}

function resolvePlan(scenario: CheckedScenario, file: string | undefined, context: ResolveContext): Plan {
  const trace = resolveTrace(scenario.load, context);
  const load = resolveLoad(scenario, resolveExactly(scenario.requests, context), trace, context);
  const algorithms = resolveAlgorithms(scenario, context);
  const lab = scenario.lab === undefined ? undefined : resolveLab(scenario.lab, algorithms, context);
  if (lab !== undefined) {
    if (scenario.tls !== undefined) refuseTls(context);
    refuseOtherFamily(load.sourceAddresses, 4, context);
  }
  const parts = {
    name:
      scenario.name ?? (file === undefined ? scenario.target?.authority : undefined) ?? nameOf(file ?? ''),
    repeat: scenario.repeat,
    load,
    algorithms,
    ...resolveRequests(scenario, trace, context),
    ...resolveSessions(scenario, load, context),
    ...resolveExpected(scenario, context),
  };
  return {
    seed: scenario.seed,
    target: scenario.target === undefined ? undefined : resolveTarget(scenario.target, scenario, context),
    lab,
    engine: scenario.engine,
    threads: scenario.threads,
    ...parts,
    ...resolveSlo(scenario, context),
    attribution: resolveAttribution(scenario.attribution, context),
    thresholds: resolveThresholds(scenario, parts, context),
    ...(scenario.baseline === undefined ? {} : { baseline: context.files.resolve(scenario.baseline) }),
  };
}

/** What a request must keep, where the scenario says. */
function resolveSlo({ slo }: CheckedScenario, { faults }: ResolveContext): Pick<Plan, 'slo'> {
  if (slo === undefined) return {};
  const { ttft, tpot, e2e } = slo;
  if (ttft === undefined && tpot === undefined && e2e === undefined) {
    faults.add({
      path: ['slo'],
      blame: 'value',
      message: 'expected at least one of ttft, tpot and e2e, got none',
      hint: 'write for example slo: { ttft: 500ms, tpot: 50ms }',
    });
  }
  return { slo: { ttftMs: ttft, tpotMs: tpot, e2eMs: e2e } };
}

/** Exactly one of target and lab, by what the file says: a wrong one is there all the same. */
function checkExclusive(document: ScenarioDocument, { target, url }: Overrides, faults: FaultLog): void {
  const [hasTarget, hasLab] = [document.has(['target']), document.has(['lab'])];
  if (hasTarget && hasLab) {
    faults.addInFile({
      path: ['lab'],
      blame: 'key',
      message: 'expected one of target and lab, got both',
      hint: 'keep target for a balancer that already runs, or lab for one that lbbench starts',
    });
  }
  if (!hasTarget && !hasLab && (target ?? url) === undefined) {
    faults.addInFile({
      path: [],
      blame: 'value',
      message: 'expected one of target and lab, got neither',
      hint: 'add target: http://127.0.0.1:8080, or lab: { servers: [127.0.0.1:8001, 127.0.0.1:8002] }',
    });
  }
}

function resolveAlgorithms(
  scenario: CheckedScenario,
  { faults, isTargetSet }: ResolveContext,
): Plan['algorithms'] {
  const given = scenario.algorithms;
  if (given === undefined) return scenario.lab === undefined ? [] : [{ method: 'round_robin' }];
  const seen = new Set<string>();
  given.forEach((algorithm, index) => {
    const name = formatAlgorithm(algorithm);
    if (seen.has(name)) {
      faults.add({
        path: ['algorithms', index],
        blame: 'value',
        message: `expected each algorithm once, got ${shown(name)} again`,
        hint: 'to measure it more often, use repeat',
      });
    }
    seen.add(name);
  });
  if (scenario.target !== undefined && scenario.lab === undefined && given.length > 1 && !isTargetSet) {
    faults.add({
      path: ['algorithms'],
      blame: 'value',
      message: `expected at most one algorithm with a target, got ${given.length}`,
      hint: 'name the one it uses; lbbench try sets an nginx on this machine to each of several, lab starts one of its own',
    });
  }
  return given;
}

function resolveExpected(scenario: CheckedScenario, context: ResolveContext): Expectation {
  const { expect, lab } = scenario;
  if (lab !== undefined) {
    if (expect !== undefined) {
      context.faults.add({
        path: ['expect'],
        blame: 'key',
        message: 'expected expect only with a target, got it with lab',
        hint: "a lab's weights are those of its servers",
      });
    }
    return { expected: poolWeights(lab.servers.flatMap(({ server }) => server)) };
  }
  return expect === undefined ? { expected: undefined } : resolveExpect(expect, context);
}

function nameOf(file: string): string {
  const name = basename(file)
    .replace(/\.ya?ml$/i, '')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '_');
  return name === '' || name === '-' ? 'scenario' : name.slice(0, 200);
}
