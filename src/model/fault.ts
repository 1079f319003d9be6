/** One thing wrong with what the user gave us: where, what was expected, what was found, what to do. */
export interface Fault {
  /** File name or flag; `undefined` when there is none. */
  readonly file?: string | undefined;
  /** 1-based. */
  readonly line?: number | undefined;
  /** 1-based. */
  readonly column?: number | undefined;
  /** Dotted path inside the file or the flag's name: `load.concurrency`, `--threads`. */
  readonly path?: string | undefined;
  /** `expected an integer of at least 1, got "ten"`; no full stop. */
  readonly message: string;
  /** What to do about it, as a sentence without full stop. */
  readonly hint?: string | undefined;
}

/** Why lbbench could not do what it was asked; the command line turns the kind into an exit code. */
export type FaultKind =
  /** Bad usage, scenario or log format. */
  | 'usage'
  /** The thing could not be measured: target unreachable, nginx would not start. */
  | 'unmeasurable';

/** Every expected failure of lbbench. Anything else that is thrown is a bug and keeps its stack. */
export class LbbenchError extends Error {
  override readonly name = 'LbbenchError';

  /** One thing wrong with what was asked. */
  static usage(path: string, message: string, hint?: string): LbbenchError {
    return new LbbenchError('usage', [{ path, message, hint }]);
  }

  constructor(
    readonly kind: FaultKind,
    readonly faults: readonly Fault[],
  ) {
    super(faults.map((fault) => fault.message).join('\n'));
  }
}
