import { readdirSync } from 'node:fs';
import { readWhole } from '../../files/read-whole.js';

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
    return readWhole(path, maxFileBytes).toString();
  },
  list(directory) {
    return readdirSync(directory);
  },
};
