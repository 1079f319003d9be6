import { isErrorStatus } from '../figures/counts.js';
import type { StatusRule } from '../model/plan.js';
import { isOfStatus } from '../text/status-name.js';

/** Which statuses count as errors: those of 400 and above, where no rule says otherwise. The first that fits decides. */
export class ErrorStatuses {
  readonly #isError: readonly boolean[];

  constructor(rules: readonly StatusRule[] = []) {
    this.#isError = Array.from({ length: 1000 }, (_, status) => {
      const code = String(status).padStart(3, '0');
      return rules.find((rule) => isOfStatus(code, rule.status))?.isError ?? isErrorStatus(status);
    });
  }

  has(status: number): boolean {
    return this.#isError[status] ?? true;
  }
}
