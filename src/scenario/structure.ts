import { z } from 'zod';
import { type CheckedScenario, scenarioSchema } from './schema/scenario.js';
import { explainIssue, type PathFault } from './schema-fault.js';

/** What is right of a scenario, and what is not. */
export interface Structure {
  /**
   * As if everything wrong had been left out, so that the rest can still be checked; a wrong item of a list leaves a
   * hole. `undefined` when nothing is left.
   */
  readonly checked: CheckedScenario | undefined;
  readonly faults: readonly PathFault[];
}

/** Checks every single value against the schema, which goes on past what is wrong. */
export function checkStructure(raw: unknown): Structure {
  let checked: CheckedScenario | undefined;
  const keeping = z.core._check<CheckedScenario>(
    ({ value, issues }) => {
      if (issues.every((issue) => issue.continue === true)) checked = value;
    },
    { when: () => true },
  );
  const result = scenarioSchema.check(keeping).safeParse(raw, { reportInput: true });
  const issues = result.success ? [] : result.error.issues;
  return { checked, faults: distinct(issues.flatMap((issue) => explainIssue(issue, raw))) };
}

function distinct(faults: readonly PathFault[]): readonly PathFault[] {
  const seen = new Set<string>();
  return faults.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    return !seen.has(key) && seen.add(key);
  });
}
