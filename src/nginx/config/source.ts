import { parseDump } from './dump.js';
import { type ConfigFiles, diskFiles } from './files.js';

/** Where a configuration is read from: the file that it starts with, and the files that it may include. */
export interface ConfigSource {
  readonly path: string;
  readonly files: ConfigFiles;
}

/**
 * The configuration that a text starts, or all of which it holds, as what `nginx -T` prints does.
 *
 * @param path what the text is called; it is not read again, as it may come from a pipe
 */
export function sourceOf(path: string, text: string): ConfigSource {
  const files = { ...diskFiles, read: (asked: string) => (asked === path ? text : diskFiles.read(asked)) };
  return parseDump(text) ?? { path, files };
}

/** The same without the included files that cannot be read, such as those of the machine that a configuration is for. */
export function patientSource({ path, files }: ConfigSource, onUnread: (path: string) => void): ConfigSource {
  return {
    path,
    files: {
      list: (directory) => files.list(directory),
      read(asked) {
        try {
          return files.read(asked);
        } catch (error) {
          if (asked === path) throw error;
          onUnread(asked);
          return '';
        }
      },
    },
  };
}
