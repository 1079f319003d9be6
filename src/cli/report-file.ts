import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LbbenchError } from '../model/fault.js';
import type { Report } from '../model/report.js';
import { exporters } from '../report/exporters.js';

/** The report of a scenario in `reports/`, written anew after each of its runs, so that none is lost with a later one. */
export class ReportFile {
  readonly path: string;

  /** @throws LbbenchError when the folder cannot be made */
  constructor(folder: string, cwd: string, name: string, startedAt: Date) {
    const directory = resolve(cwd, folder);
    try {
      mkdirSync(directory, { recursive: true });
    } catch (error) {
      throw new LbbenchError('usage', [
        {
          path: '--reports',
          message: `expected a folder that can be written, got ${JSON.stringify(folder)} (${(error as NodeJS.ErrnoException).code})`,
          hint: 'name another with --reports DIR',
        },
      ]);
    }
    this.path = join(directory, `${fileName(name)}-${timestamp(startedAt)}.json`);
  }

  write(report: Report): void {
    // Written beside and moved into place: a reader never sees half a report.
    const partial = `${this.path}.part`;
    writeFileSync(partial, exporters.json(report));
    renameSync(partial, this.path);
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
