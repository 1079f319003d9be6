import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { reasonOf } from '../../files/read-whole.js';
import { LbbenchError } from '../../model/fault.js';

/** One source of lines. */
export interface LogFile {
  /** `-` is standard input. */
  readonly path: string;
  /** `plain` can be read from any offset; the others only from the start. */
  readonly kind: 'plain' | 'gzip' | 'stream';
  /** When it was looked at; 0 where it is not known. */
  readonly sizeBytes: number;
}

/** Looks at a file. Whether it is compressed is told by its first bytes, not by its name. */
export function inspectFile(path: string): LogFile {
  // Not opened: to open a named pipe waits for somebody to write to it.
  if (path === '-' || isStream(path)) return { path, kind: 'stream', sizeBytes: 0 };
  const file = openLog(path);
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw unreadable(path, 'it is a directory');
    const magic = Buffer.alloc(2);
    const isGzip = readSync(file, magic, 0, 2, 0) === 2 && magic[0] === 0x1f && magic[1] === 0x8b;
    return { path, kind: isGzip ? 'gzip' : 'plain', sizeBytes: stat.size };
  } finally {
    closeSync(file);
  }
}

/** Whether there is something else than a file or a folder. */
function isStream(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
}

export function openLog(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw unreadable(path, reasonOf(error));
  }
}

function unreadable(path: string, reason: string): LbbenchError {
  return new LbbenchError('usage', [
    {
      file: path,
      message: `expected a readable log file, got none: ${reason}`,
      hint: 'give the path of an access log, a pattern in quotes, or - for standard input',
    },
  ]);
}
