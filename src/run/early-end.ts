import type { LoadProgress } from '../engine/load-job.js';
import { isSelected, type NamedRun } from '../figures/run-groups.js';
import type { Plan } from '../model/plan.js';
import type { Rule } from '../model/rule.js';
import type { Warning } from '../model/warning.js';
import { AbortWatch } from './abort-watch.js';

/** Ends one run when a rule of its plan that says so has no hope left. The warm-up is not looked at. */
export class EarlyEnd {
  readonly #watch: AbortWatch;
  readonly #controller = new AbortController();
  #isRunning: boolean;
  #reason: string | undefined;

  constructor(plan: Plan, rules: readonly Rule[]) {
    this.#watch = new AbortWatch(rules, plan.expected);
    this.#isRunning = plan.load.warmup === undefined;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(): void {
    this.#isRunning = true;
  }

  look(progress: LoadProgress): void {
    if (!this.#isRunning || this.#reason !== undefined) return;
    this.#reason = this.#watch.look(progress);
    if (this.#reason !== undefined) this.#controller.abort();
  }

  /** Why the run was ended; `undefined` when it was not. */
  get warning(): Warning | undefined {
    return this.#reason === undefined
      ? undefined
      : { code: 'ended-early', text: `the run was ended early: ${this.#reason}` };
  }
}

/** The rules that may end a run early, those that are about this run only. */
export function earlyEndOf(plan: Plan, run: NamedRun): EarlyEnd | undefined {
  const ending = plan.thresholds.filter(
    ({ rule, abortOnFail }) => abortOnFail && isSelected(rule.selectors.run, run),
  );
  return ending.length === 0
    ? undefined
    : new EarlyEnd(
        plan,
        ending.map(({ rule }) => rule),
      );
}
