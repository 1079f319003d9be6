import { posix } from 'node:path';
import type { ConfigFiles } from './files.js';

/** What `nginx -T` prints: its files, each behind a line `# configuration file /etc/nginx/nginx.conf:`. */
interface Dump {
  /** The main file. */
  readonly path: string;
  readonly files: ConfigFiles;
}

const marker = /^# configuration file (.+):$/;

/**
 * Reads the output of `nginx -T` as the files it was made of, so that `readConfig` finds each line in its own file;
 * `undefined` when the text has no marker at its beginning. A comment in a file that looks like a marker is taken for one.
 */
export function parseDump(text: string): Dump | undefined {
  const texts = new Map<string, string>();
  let main: string | undefined;
  let path: string | undefined;
  let lines: string[] = [];
  const end = () => {
    // nginx names a file once, however often it is included.
    if (path !== undefined && !texts.has(path)) texts.set(path, lines.join('\n'));
    lines = [];
  };
  for (const line of text.split('\n')) {
    const found = marker.exec(line.endsWith('\r') ? line.slice(0, -1) : line)?.[1];
    if (found === undefined) {
      // With 2>&1 what nginx says of the test comes first.
      if (path === undefined && line.trim() !== '' && !line.startsWith('nginx: ')) return undefined;
      lines.push(line);
      continue;
    }
    end();
    path = posix.normalize(found);
    main ??= path;
  }
  end();
  return main === undefined ? undefined : { path: main, files: filesOf(texts) };
}

function filesOf(texts: ReadonlyMap<string, string>): ConfigFiles {
  const names = new Map<string, Set<string>>();
  for (const path of texts.keys()) {
    for (let at = path; posix.dirname(at) !== at; at = posix.dirname(at)) {
      const directory = posix.dirname(at);
      const inside = names.get(directory) ?? new Set();
      names.set(directory, inside.add(posix.basename(at)));
    }
  }
  return {
    read(path) {
      const text = texts.get(posix.normalize(path));
      if (text === undefined) throw new Error('it is not in the output of nginx -T');
      return text;
    },
    list(directory) {
      const inside = names.get(posix.normalize(directory));
      if (inside === undefined) throw new Error('it is not in the output of nginx -T');
      return [...inside];
    },
  };
}
