import { closeSync, openSync, writeSync } from 'node:fs';
import { unwritable } from '../folder.js';

/** Lines that could not be written, and why. */
export interface LostLines {
  readonly count: number;
  /** As the system has it: `ENOSPC`. */
  readonly code: string;
}

/**
 * An access log file. The lines of one turn of the event loop are written at once, so a line is in the file before
 * the next response is read. What cannot be written is lost and counted: a full disk is no reason to answer nobody.
 */
export class AccessLog {
  readonly #file: number;
  #pending: string[] = [];
  #lost: LostLines | undefined;

  /** @throws {LbbenchError} when it cannot be made */
  constructor(path: string) {
    try {
      this.#file = openSync(path, 'a', 0o600);
    } catch (error) {
      throw unwritable(error as NodeJS.ErrnoException);
    }
  }

  append(line: string): void {
    if (this.#pending.length === 0) setImmediate(() => this.#flush());
    this.#pending.push(`${line}\n`);
  }

  /** What was lost since this was asked last; `undefined` for nothing. */
  takeLost(): LostLines | undefined {
    const lost = this.#lost;
    this.#lost = undefined;
    return lost;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    const lines = this.#pending;
    this.#pending = [];
    if (lines.length === 0) return;
    const bytes = Buffer.from(lines.join(''));
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    } catch (error) {
      const { code = 'an error' } = error as NodeJS.ErrnoException;
      this.#lost = { count: (this.#lost?.count ?? 0) + lines.length, code };
    }
  }
}
