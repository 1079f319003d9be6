/**
 * The result of parsing a piece of text that may be wrong. Failures are values, so that a caller can
 * collect all faults of a file and add the place where the text stood.
 */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      /** `expected …, got …`, no full stop. */
      readonly message: string;
      readonly hint?: string | undefined;
      /** 0-based offset into the text, where one place is to blame. */
      readonly offset?: number | undefined;
    };
