import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'lbbench-accesslog-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** A new folder for the files of one test. */
export function logFolder(): string {
  files++;
  return mkdtempSync(join(folder, `${files}-`));
}

/** Writes a log file of its own and gives its path. */
export function logFile(content: string | Uint8Array, name = 'access.log'): string {
  const path = join(logFolder(), name);
  writeFileSync(path, content);
  return path;
}

export interface LineParts {
  readonly to?: string;
  readonly status?: number;
  readonly second?: number;
  readonly request?: string;
  readonly agent?: string;
  readonly user?: string;
}

/** A line of the article's first format, without its line feed. */
export function line(parts: LineParts = {}): string {
  const {
    to = '127.0.0.1:8001',
    status = 200,
    second = 0,
    request = 'GET / HTTP/1.0',
    agent = 'x',
    user = '-',
  } = parts;
  const clock = new Date(second * 1000).toISOString().slice(11, 19);
  return `127.0.0.1 - ${user} [02/Mar/2025:${clock} +0000] "${request}" ${status} 18 "-" "${agent}" "-" to: ${to}`;
}

/** Lines, each with its line feed. */
export function lines(count: number, partsOf: (index: number) => LineParts = () => ({})): string {
  return Array.from({ length: count }, (_, index) => `${line(partsOf(index))}\n`).join('');
}
