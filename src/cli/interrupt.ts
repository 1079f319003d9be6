import { ExitCode } from './exit-codes.js';
import type { Io } from './io.js';

/**
 * Turns the first Ctrl-C (or SIGTERM) into an abort signal, so that what was measured is still reported; a second one
 * ends the process at once.
 */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #listener: () => void;

  constructor(readonly io: Io) {
    this.#listener = () => {
      if (this.#controller.signal.aborted) io.exit(ExitCode.interrupted);
      this.#controller.abort();
    };
    io.on('SIGINT', this.#listener);
    io.on('SIGTERM', this.#listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  dispose(): void {
    this.io.off('SIGINT', this.#listener);
    this.io.off('SIGTERM', this.#listener);
  }
}
