import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { LbbenchError } from '../model/fault.js';
import { type Io, write } from './io.js';

/** Characters gathered before a file is written to: samples come one by one, in the middle of a measurement. */
const gathered = 65_536;

/**
 * Where a result goes: stdout, or a file opened before the run, so that a wrong path fails in its first second. What the
 * file holds stays until there is something to replace it: a run that fails must cost no result of an earlier one, and
 * the file may be the baseline. A file that was not there and got nothing is gone again.
 */
export class OutputFile {
  readonly #path: string;
  readonly #isNew: boolean;
  #fd: number | undefined;
  #isBegun = false;
  #pending = '';
  #error: NodeJS.ErrnoException | undefined;

  /** @throws LbbenchError when the file cannot be opened */
  constructor(
    readonly flag: string,
    readonly path: string,
    readonly io: Io,
  ) {
    this.#path = resolve(io.cwd(), path);
    this.#isNew = path !== '-' && !existsSync(this.#path);
    if (path === '-') return;
    try {
      this.#fd = openSync(this.#path, constants.O_WRONLY | constants.O_CREAT, 0o666);
    } catch (error) {
      throw this.#fault(error as NodeJS.ErrnoException);
    }
  }

  /** The same for two outputs that would overwrite each other; `undefined` for pipes and devices, which take both. */
  get place(): string | undefined {
    if (this.#fd === undefined) return this.path;
    const stats = fstatSync(this.#fd);
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  }

  /** Does not fail, because a full disk must not end a measurement; `close` tells. An empty text empties the file. */
  async write(text: string): Promise<void> {
    if (this.path === '-') return write(this.io.stdout, text);
    if (!this.#isBegun) this.#begin();
    this.#pending += text;
    if (this.#pending.length >= gathered) this.#flush();
  }

  /** @throws LbbenchError, once, when not everything could be written */
  close(): void {
    this.#flush();
    if (this.#fd !== undefined) closeSync(this.#fd);
    if (this.#fd !== undefined && this.#isNew && !this.#isBegun) unlinkSync(this.#path);
    this.#fd = undefined;
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw this.#fault(error);
  }

  #begin(): void {
    this.#isBegun = true;
    // A pipe or a device has no length to cut.
    if (this.#fd !== undefined && fstatSync(this.#fd).isFile()) ftruncateSync(this.#fd);
  }

  #flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (this.#fd === undefined || this.#error !== undefined || text === '') return;
    try {
      writeFileSync(this.#fd, text);
    } catch (error) {
      this.#error = error as NodeJS.ErrnoException;
    }
  }

  #fault({ code }: NodeJS.ErrnoException): LbbenchError {
    return new LbbenchError('usage', [
      {
        path: this.flag,
        message: `expected a file that can be written, got ${JSON.stringify(this.path)} (${code})`,
      },
    ]);
  }
}
