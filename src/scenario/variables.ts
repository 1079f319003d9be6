import type { Secret } from '../text/secrets.js';
import { shown } from '../text/shown.js';
import { escapeTemplate } from '../text/template.js';

export type Environment = Readonly<Record<string, string | undefined>>;

interface VariableFault {
  readonly message: string;
  readonly hint: string;
}

/*
 * `${NAME}` stands in YAML's way: braces are its own in `{ requests: ${N} }`. So they are marked before the text is
 * parsed, by as many characters that mean nothing to YAML (of Unicode's private use), and filled in where the text has
 * become values: what comes from the environment can be no YAML, and places stay those of the file.
 */
const inText = /\$(\$?)\{([A-Za-z_]\w*(?::-[^{}\n]*)?)\}/g;
const marked =
  /\ue000\ue001([A-Za-z_]\w*)(?::-([^\ue002]*))?\ue002|\ue003\ue004\ue005([^\ue006]*)\ue006|\$\$\{/g;

/** What `${NAME}` and `${NAME:-default}` of a scenario stand for, and which of it must not be shown. */
export class Variables {
  readonly #env: Environment;
  readonly #used = new Map<string, string>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /** What came from the environment; a default stands in the scenario for everybody to read. */
  get secrets(): readonly Secret[] {
    return [...this.#used].map(([name, value]) => ({ name, value }));
  }

  /** What a scenario names instead of writing it; `undefined` when it is not set. */
  secret(name: string): string | undefined {
    const value = this.#env[name];
    if (value === undefined || value === '') return undefined;
    this.#used.set(name, value);
    return value;
  }

  /** A scenario's text with its variables marked, as long as before. `$${NAME}` is the text `${NAME}`. */
  mark(text: string): string {
    return text.replace(inText, (_, dollar: string, inner: string) =>
      dollar === '' ? `\ue000\ue001${inner}\ue002` : `\ue003\ue004\ue005${inner}\ue006`,
    );
  }

  /** A marked text as it was written. */
  unmark(text: string): string {
    return text
      .replaceAll('\ue000\ue001', '${')
      .replaceAll('\ue003\ue004\ue005', '$${')
      .replace(/[\ue002\ue006]/g, '}');
  }

  /**
   * A marked text with its variables filled in; empty where one is missing.
   *
   * @param inTemplate whether brace expressions are drawn in the text: none comes from the environment
   */
  fill(
    text: string,
    inTemplate: boolean,
  ): { readonly text: string; readonly faults: readonly VariableFault[] } {
    const faults: VariableFault[] = [];
    const misread = /(^|[^$])(\$\{[^}]*\}?)/.exec(text)?.[2];
    if (misread !== undefined) {
      faults.push({
        message: `expected \${NAME} or \${NAME:-default}, got ${shown(misread)}`,
        hint: 'write $${ for the text ${',
      });
    }
    const readable = misread === undefined ? text : text.replaceAll(misread, '');
    const filled = readable.replace(marked, (_, name?: string, fallback?: string, literal?: string) => {
      if (name === undefined) return literal === undefined ? '${' : `\${${literal}}`;
      const value = this.#env[name];
      // As in a shell, a default is also for a variable that is empty.
      if (value !== undefined && (value !== '' || fallback === undefined)) {
        this.#used.set(name, value);
        return inTemplate ? escapeTemplate(value) : value;
      }
      if (fallback === undefined) {
        faults.push({
          message: `expected the environment variable ${name}, got none`,
          hint: `set it, or give a default: \${${name}:-VALUE}; the text \${${name}} is written $\${${name}}`,
        });
      }
      return fallback ?? '';
    });
    return { text: filled, faults };
  }
}
