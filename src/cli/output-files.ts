import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { LbbenchError } from '../model/fault.js';
import type { Report } from '../model/report.js';
import { type ExportFormat, exporters } from '../report/exporters.js';
import { type Io, write } from './io.js';

/** Where a result goes: a file opened before the run, so that a wrong path fails in its first second, or stdout. */
export class OutputFile {
  #fd: number | undefined;

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
      throw new LbbenchError('usage', [
        {
          path: flag,
          message: `expected a file that can be written, got ${JSON.stringify(path)} (${(error as NodeJS.ErrnoException).code})`,
        },
      ]);
    }
  }

  async write(text: string): Promise<void> {
    if (this.#fd === undefined) await write(this.io.stdout, text);
    else writeSync(this.#fd, text);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
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

  async write(report: Report): Promise<void> {
    for (const { format, file } of this.#files) {
      await file.write(await exporters[format](report));
      file.close();
    }
  }
}
