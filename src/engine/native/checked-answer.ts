import { BodyCollector } from '../attribution/body-collector.js';
import type { Answer, ResponseChecks } from '../response-checks.js';

/** What checks look at of one response after the other on a connection. */
export class CheckedAnswer implements Answer {
  /** Takes the body; `undefined` where no check needs it. */
  sink: BodyCollector | undefined;
  #body: BodyCollector | undefined;
  #wanted: ReadonlySet<string> = new Set();
  readonly #values = new Map<string, string[]>();

  /** @param body what keeps the body anyway */
  constructor(body: BodyCollector | undefined) {
    this.#body = body;
  }

  begin({ headers, needsBody }: ResponseChecks): void {
    this.#wanted = headers;
    this.#values.clear();
    if (needsBody) this.#body ??= new BodyCollector();
    this.sink = needsBody ? this.#body : undefined;
    this.sink?.clear();
  }

  readonly onField = (name: string, value: string): void => {
    if (!this.#wanted.has(name)) return;
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [value]);
    else values.push(value);
  };

  valuesOf(header: string): readonly string[] {
    return this.#values.get(header) ?? [];
  }

  text(): string {
    return this.sink?.text() ?? '';
  }
}
