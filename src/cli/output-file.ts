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
import { expectReplaceable, identityOf, replaceFile } from '../files/write-whole.js';
import { LbbenchError } from '../model/fault.js';
import { type Io, write } from './io.js';

/**
 * Where a result goes. A file is tried before the run, so that a wrong path fails in its first second, and keeps what it
 * holds until there is something to replace it: a run that fails must cost no result of an earlier one, and the file
 * may be the baseline.
 */
export interface OutputFile {
  readonly flag: string;
  readonly path: string;
  /** The same for two outputs that would overwrite each other; `undefined` for pipes and devices, which take both. */
  readonly place: string | undefined;
  /** Does not fail, because a full disk must not end a measurement; `close` tells. An empty text empties the file. */
  write(text: string): Promise<void>;
  /** @throws LbbenchError, once, when not everything could be written */
  close(): void;
}

/** @throws LbbenchError when the file cannot be written */
export function openOutput(flag: string, path: string, kind: 'whole' | 'stream', io: Io): OutputFile {
  const full = resolve(io.cwd(), path);
  try {
    if (path === '-') return new StandardOutput(flag, io);
    return kind === 'whole' ? new WholeFile(flag, path, full) : new StreamFile(flag, path, full);
  } catch (error) {
    throw unwritable(flag, path, error);
  }
}

class StandardOutput implements OutputFile {
  readonly path = '-';
  readonly place = '-';

  constructor(
    readonly flag: string,
    readonly io: Io,
  ) {}

  write(text: string): Promise<void> {
    return write(this.io.stdout, text);
  }

  close(): void {}
}

/** A file that gets its one text at once, which takes the place of what was there or leaves it. */
class WholeFile implements OutputFile {
  readonly place: string | undefined;
  #error: unknown;

  constructor(
    readonly flag: string,
    readonly path: string,
    readonly full: string,
  ) {
    this.place = identityOf(full);
    expectReplaceable(full);
  }

  async write(text: string): Promise<void> {
    try {
      replaceFile(this.full, text);
    } catch (error) {
      this.#error = error;
    }
  }

  close(): void {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw unwritable(this.flag, this.path, error);
  }
}

/** Characters gathered before a file is written to: samples come one by one, in the middle of a measurement. */
const gathered = 65_536;

/**
 * A file that is written as its lines come, to be read while they do and whatever ends the run. One that was not there
 * and got nothing is gone again.
 */
class StreamFile implements OutputFile {
  readonly place: string | undefined;
  readonly #isNew: boolean;
  readonly #isFile: boolean;
  #fd: number | undefined;
  #isBegun = false;
  #pending = '';
  #error: unknown;

  constructor(
    readonly flag: string,
    readonly path: string,
    readonly full: string,
  ) {
    this.#isNew = !existsSync(full);
    this.#fd = openSync(full, constants.O_WRONLY | constants.O_CREAT, 0o666);
    // A pipe or a device has no length to cut.
    this.#isFile = fstatSync(this.#fd).isFile();
    this.place = identityOf(full);
  }

  async write(text: string): Promise<void> {
    if (!this.#isBegun && this.#isFile && this.#fd !== undefined) ftruncateSync(this.#fd);
    this.#isBegun = true;
    this.#pending += text;
    if (this.#pending.length >= gathered) this.#flush();
  }

  close(): void {
    this.#flush();
    if (this.#fd !== undefined) closeSync(this.#fd);
    if (this.#fd !== undefined && this.#isNew && !this.#isBegun) unlinkSync(this.full);
    this.#fd = undefined;
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw unwritable(this.flag, this.path, error);
  }

  #flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (this.#fd === undefined || this.#error !== undefined || text === '') return;
    try {
      writeFileSync(this.#fd, text);
    } catch (error) {
      this.#error = error;
    }
  }
}

function unwritable(flag: string, path: string, error: unknown): LbbenchError {
  const { code } = error as NodeJS.ErrnoException;
  return new LbbenchError('usage', [
    { path: flag, message: `expected a file that can be written, got ${JSON.stringify(path)} (${code})` },
  ]);
}
