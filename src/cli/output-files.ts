import { closeSync, openSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LbbenchError } from '../model/fault.js';
import type { Report } from '../model/report.js';
import { type ExportFormat, exporters } from '../report/exporters.js';
import { type Io, write } from './io.js';

/** Characters gathered before a file is written to: samples come one by one, in the middle of a measurement. */
const gathered = 65_536;

/** Where a result goes: a file opened before the run, so that a wrong path fails in its first second, or stdout. */
export class OutputFile {
  #fd: number | undefined;
  #pending = '';
  #error: NodeJS.ErrnoException | undefined;

  /** @throws LbbenchError when the file cannot be opened */
  constructor(
    readonly flag: string,
    readonly path: string,
    readonly io: Io,
  ) {
    if (path === '-') return;
    try {
      this.#fd = openSync(resolve(io.cwd(), path), 'w');
    } catch (error) {
      throw this.#fault(error as NodeJS.ErrnoException);
    }
  }

  /** Does not fail, because a full disk must not end a measurement; `close` tells. */
  async write(text: string): Promise<void> {
    if (this.path === '-') return write(this.io.stdout, text);
    this.#pending += text;
    if (this.#pending.length >= gathered) this.#flush();
  }

  /** @throws LbbenchError, once, when not everything could be written */
  close(): void {
    this.#flush();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw this.#fault(error);
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

/** The files of all `--export-…` flags. */
export class Exports {
  readonly #files: { readonly format: ExportFormat; readonly file: OutputFile }[];

  /** @throws LbbenchError when one of them cannot be opened */
  constructor(paths: Readonly<Partial<Record<ExportFormat, string>>>, io: Io) {
    this.#files = Object.entries(paths).map(([format, path]) => ({
      format: format as ExportFormat,
      file: new OutputFile(`--export-${format}`, path, io),
    }));
  }

  /** True when one of them goes to stdout, which then carries nothing else. */
  get takesStdout(): boolean {
    return this.#files.some(({ file }) => file.path === '-');
  }

  /** @throws LbbenchError when not everything could be written */
  async write(report: Report): Promise<void> {
    for (const { format, file } of this.#files) await file.write(await exporters[format](report));
    closeAll(this.#files.map(({ file }) => file));
  }
}

/** @throws LbbenchError of the first that could not be written; the others are closed all the same */
export function closeAll(files: readonly (OutputFile | undefined)[]): void {
  const errors = files.flatMap((file) => {
    try {
      file?.close();
      return [];
    } catch (error) {
      return [error];
    }
  });
  if (errors.length > 0) throw errors[0];
}
