import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing. Not by `mkdirSync`'s `recursive`, which never returns where a
 * folder exists but none can be made in it for want of it, as in `/proc` (seen in Node 20.20.2).
 *
 * @throws ErrnoException when one of them cannot be made
 */
export function makeFolder(path: string): void {
  // Of what exists it only says whether that is a folder.
  if (existsSync(path)) mkdirSync(path, { recursive: true });
  const missing: string[] = [];
  for (let at = path; !existsSync(at) && at !== dirname(at); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    try {
      mkdirSync(folder);
    } catch (error) {
      // Somebody else was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
