import { accessSync, constants, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LbbenchError } from '../model/fault.js';
import type { Report } from '../model/report.js';
import { exporters } from '../report/exporters.js';
import { makeFolder } from './make-folder.js';

/** The report of a scenario in `reports/`, written anew after each of its runs, so that none is lost with a later one. */
export class ReportFile {
  readonly #stem: string;
  #path: string | undefined;

  /** @throws LbbenchError when the folder cannot be made or written to */
  constructor(
    readonly folder: string,
    cwd: string,
    name: string,
    startedAt: Date,
  ) {
    const directory = resolve(cwd, folder);
    try {
      makeFolder(directory);
      accessSync(directory, constants.W_OK);
    } catch (error) {
      throw this.#fault(error);
    }
    this.#stem = join(directory, `${fileName(name)}-${timestamp(startedAt)}`);
  }

  /** `undefined` until a report has been written. */
  get path(): string | undefined {
    return this.#path;
  }

  /** @throws LbbenchError when the report cannot be written */
  write(report: Report): void {
    const path = this.#path ?? freePath(this.#stem);
    // Written beside and moved into place: a reader never sees half a report.
    const partial = `${path}.${process.pid}.part`;
    try {
      writeFileSync(partial, exporters.json(report));
      renameSync(partial, path);
    } catch (error) {
      rmSync(partial, { force: true });
      throw this.#fault(error);
    }
    this.#path = path;
  }

  #fault(error: unknown): LbbenchError {
    return new LbbenchError('usage', [
      {
        path: '--reports',
        message: `expected a folder that can be written, got ${JSON.stringify(this.folder)} (${(error as NodeJS.ErrnoException).code})`,
        hint: 'name another with --reports DIR',
      },
    ]);
  }
}

/** Two runs may start in the same second; neither's report replaces the other's. */
function freePath(stem: string): string {
  for (let nth = 1; ; nth++) {
    const path = nth === 1 ? `${stem}.json` : `${stem}-${nth}.json`;
    if (!existsSync(path)) return path;
  }
}

/** A scenario's name as a file name. */
function fileName(name: string): string {
  return (
    name
      .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 80) || 'run'
  );
}

/** `20261122T103000Z`: sorts by time, and no file system minds it. */
function timestamp(time: Date): string {
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, '');
}
