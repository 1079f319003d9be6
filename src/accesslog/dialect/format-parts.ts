import type { Parsed } from '../../model/parsed.js';
import type { EscapeMode, LogFormat } from '../../nginx/log-format.js';
import { shown } from '../../text/shown.js';

/** Collects the texts and variables of a format in the order in which its configuration has them. */
export class FormatParts {
  readonly #literals: Uint8Array[] = [];
  readonly #variables: string[] = [];
  #literal = '';
  /** What of the text could never be told from the variable before it. */
  #unclear: string | undefined;

  constructor(
    private readonly dialect: string,
    /** What its configuration calls a log's format. */
    private readonly directive: string,
    private readonly mode: EscapeMode = 'default',
  ) {}

  get lastVariable(): string | undefined {
    return this.#variables.at(-1);
  }

  /** Whether something stands behind the last variable. */
  get hasLiteral(): boolean {
    return this.#literal !== '';
  }

  text(literal: string): void {
    this.#literal += literal;
  }

  /** @param written as the configuration has it */
  variable(name: string, written: string): void {
    if (this.#literal === '' && this.#variables.length > 0) this.#unclear ??= written;
    this.#literals.push(Buffer.from(this.#literal));
    this.#variables.push(name);
    this.#literal = '';
  }

  /** The format. Fails where a line could never be taken apart again. @param text of all of it */
  format(text: string): Parsed<LogFormat> {
    if (this.#unclear !== undefined) {
      return {
        ok: false,
        message: `expected some text before ${shown(this.#unclear)}, got nothing: where the value before it ends cannot be told`,
        hint: `put a space, slash or quotes between them in ${this.directive}`,
      };
    }
    if (this.#variables.length === 0)
      return { ok: false, message: `expected a ${this.directive} with variables, got ${shown(text)}` };
    return {
      ok: true,
      value: {
        text,
        escape: this.mode,
        literals: [...this.#literals, Buffer.from(this.#literal)],
        variables: this.#variables,
        dialect: this.dialect,
      },
    };
  }
}

/** A format that is known to be one. */
export function known(format: Parsed<LogFormat>): LogFormat {
  if (!format.ok) throw new Error(format.message);
  return format.value;
}
