import { accessSync, constants } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileNameOf } from '../files/file-name.js';
import { makeFolder } from '../files/make-folder.js';
import { createFile, replaceFile } from '../files/write-whole.js';
import { LbbenchError } from '../model/fault.js';
import type { Report } from '../model/report.js';
import { json } from '../report/json.js';

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
    this.#stem = join(directory, `${fileNameOf(name)}-${timestamp(startedAt)}`);
  }

  /** `undefined` until a report has been written. */
  get path(): string | undefined {
    return this.#path;
  }

  /** @throws LbbenchError when the report cannot be written */
  write(report: Report): void {
    const text = json(report);
    try {
      if (this.#path === undefined) this.#path = createFree(this.#stem, text);
      else replaceFile(this.#path, text);
    } catch (error) {
      throw this.#fault(error);
    }
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
function createFree(stem: string, text: string): string {
  for (let nth = 1; ; nth++) {
    const path = nth === 1 ? `${stem}.json` : `${stem}-${nth}.json`;
    try {
      createFile(path, text);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** `20261122T103000Z`: sorts by time, and no file system minds it. */
function timestamp(time: Date): string {
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, '');
}
