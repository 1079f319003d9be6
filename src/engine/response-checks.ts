import type { Check, CheckTest, RequestPlan, TextTest } from '../model/plan.js';
import { compileExpression } from '../text/expression.js';
import { isOfStatus } from '../text/status-name.js';
import { parsedJson, valueAt } from './attribution/body-label.js';

/** A complete response, as far as checks look at it. */
export interface Answer {
  /** Values of a header by its lower-case name; only of those that are checked. */
  valuesOf(header: string): readonly string[];
  /** The body, or the first MiB of a longer one. */
  text(): string;
}

/** A check of a run, and the kind of request that it is made of. */
export interface NamedCheck {
  readonly request: string;
  readonly check: string;
}

/** The checks of all requests, in the order in which a tally numbers them. */
export function checksOf(requests: readonly RequestPlan[]): NamedCheck[] {
  return requests.flatMap(({ name, checks = [] }) =>
    checks.map((check) => ({ request: name, check: check.name })),
  );
}

type Holds = (status: number, answer: Answer) => boolean;

/** What the responses to one kind of request must be like. */
export class ResponseChecks {
  /** Headers to keep, in lower case. */
  readonly headers: ReadonlySet<string>;
  readonly needsBody: boolean;
  readonly #all: readonly { readonly holds: Holds; readonly needsAnswer: boolean }[];

  /** @param first the number of the first of them in the run */
  constructor(
    checks: readonly Check[],
    readonly first: number,
  ) {
    const tests = checks.map(({ test }) => test);
    this.headers = new Set(tests.flatMap((test) => (test.of === 'header' ? [test.header] : [])));
    this.needsBody = tests.some(({ of }) => of === 'body' || of === 'json');
    this.#all = tests.map((test) => ({ holds: holdsBy(test), needsAnswer: test.of !== 'status' }));
  }

  /**
   * The number of the first check that does not hold; -1 when all do.
   *
   * @param answer `undefined` of an engine that knows of statuses only
   */
  failed(status: number, answer: Answer | undefined): number {
    const seen = answer ?? nothing;
    const at = this.#all.findIndex(
      ({ holds, needsAnswer }) => (answer !== undefined || !needsAnswer) && !holds(status, seen),
    );
    return at < 0 ? at : this.first + at;
  }
}

/** The checks of each kind of request in turn. */
export function responseChecksOf(requests: readonly RequestPlan[]): (ResponseChecks | undefined)[] {
  let first = 0;
  return requests.map(({ checks = [] }) => {
    const own = checks.length === 0 ? undefined : new ResponseChecks(checks, first);
    first += checks.length;
    return own;
  });
}

const nothing: Answer = { valuesOf: () => [], text: () => '' };

function holdsBy(test: CheckTest): Holds {
  switch (test.of) {
    case 'status': {
      const { statuses } = test;
      return (status) => statuses.some((name) => isOfStatus(String(status), name));
    }
    case 'header': {
      const isSo = textTest(test.value);
      return (_, answer) => answer.valuesOf(test.header).some(isSo);
    }
    case 'body': {
      const isSo = textTest(test.value);
      return (_, answer) => isSo(answer.text());
    }
    case 'json': {
      const { value } = test;
      const valueIn = valueAt(test.pointer);
      const isSo =
        value.is === 'json' ? (found: unknown) => (found ?? null) === value.value : ofTexts(textTest(value));
      return (_, answer) => {
        const document = parsedJson(answer.text());
        return document !== undefined && isSo(valueIn(document));
      };
    }
  }
}

function ofTexts(isSo: (text: string) => boolean): (found: unknown) => boolean {
  return (found) => (typeof found === 'string' || typeof found === 'number') && isSo(String(found));
}

/** @throws {Error} for an expression that the scenario does not let in */
function textTest(test: TextTest): (text: string) => boolean {
  if (test.is === 'matching') {
    const compiled = compileExpression(test.pattern, test.flags);
    if (!compiled.ok) throw new Error(compiled.message);
    return compiled.value.test;
  }
  return test.is === 'equal' ? (text) => text === test.text : (text) => text.includes(test.text);
}
