import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LbbenchError } from '../model/fault.js';
import { shown } from '../text/shown.js';

/*
 * What a balancer writes lies in a folder that lbbench makes before it starts the balancer's process and tells it. So
 * each of the two can remove it when the other is killed, at whatever moment.
 */

/** @throws {LbbenchError} `unmeasurable` when there is no room for one, or no place */
export function makeFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'lbbench-'));
  } catch (error) {
    throw unwritable(error as NodeJS.ErrnoException);
  }
}

/** Removes it with all that is in it. What cannot be removed stays: there is nothing that could be done about it. */
export function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // The disk has become read-only, or somebody works in it.
  }
}

/** That nothing can be written for the balancer, as an error for people. */
export function unwritable({ code = 'an error' }: NodeJS.ErrnoException): LbbenchError {
  return new LbbenchError('unmeasurable', [
    {
      path: 'lab',
      message: `expected room for the balancer's files in ${shown(tmpdir())}, got ${reasons[code] ?? code}`,
      hint: 'make room there, or name another folder with TMPDIR=/path',
    },
  ]);
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'a full disk (ENOSPC)',
  EDQUOT: 'a used-up quota (EDQUOT)',
  EROFS: 'a read-only disk (EROFS)',
  ENOENT: 'no such folder (ENOENT)',
  ENOTDIR: 'no folder (ENOTDIR)',
  EACCES: 'a folder that may not be written to (EACCES)',
  EMFILE: 'too many open files (EMFILE)',
};
