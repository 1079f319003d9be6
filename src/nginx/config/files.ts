import { readdirSync, readFileSync, statSync } from 'node:fs';

/** The file system as the reader of configurations needs it. Both throw when they cannot. */
export interface ConfigFiles {
  /** The text of a file. */
  read(path: string): string;
  /** The names in a directory, in any order. */
  list(directory: string): readonly string[];
}

/** nginx has no such limit; a configuration above it is a mistake such as a log file. */
const maxFileBytes = 16 * 1024 * 1024;

/** The real file system. */
export const diskFiles: ConfigFiles = {
  read(path) {
    const stats = statSync(path);
    // A device or a pipe might never end.
    if (!stats.isFile()) throw new Error('it is not a regular file');
    const { size } = stats;
    if (size > maxFileBytes) throw new Error(`it has ${size} bytes, more than ${maxFileBytes}`);
    return readFileSync(path, 'utf8');
  },
  list(directory) {
    return readdirSync(directory);
  },
};
