import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { LbbenchError } from '../../model/fault.js';
import type { NginxVersion } from '../../nginx/version.js';
import { shown } from '../../text/shown.js';

const run = promisify(execFile);

/** An nginx that can be started. */
export interface NginxBinary {
  readonly path: string;
  /** `nginx 1.22.1`; a relative of nginx by its own name, `openresty 1.27.1`. */
  readonly name: string;
  readonly version: NginxVersion;
}

/** Where packages put it; the sbin folders are not on an ordinary user's PATH. */
const usualFolders = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/**
 * Finds nginx at a given path, or on PATH and in the folders that packages use, and asks it for its version.
 *
 * @param path binary that the user names; `undefined` looks for one
 * @param searchPath PATH of the environment
 * @returns `undefined` when none was named and none was found
 * @throws {LbbenchError} when the named one, or the one found, does not answer as nginx
 */
export async function findNginx(
  path: string | undefined,
  searchPath: string | undefined,
): Promise<NginxBinary | undefined> {
  const found = path ?? lookUp(searchPath);
  return found === undefined ? undefined : ask(found);
}

function lookUp(searchPath: string | undefined): string | undefined {
  const folders = [...(searchPath ?? '').split(delimiter).filter(Boolean), ...usualFolders];
  return folders.map((folder) => join(folder, 'nginx')).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function ask(path: string): Promise<NginxBinary> {
  const { stderr, failure } = await run(path, ['-v'], { timeout: 5_000, maxBuffer: 65_536 }).then(
    (output) => ({ stderr: output.stderr, failure: undefined }),
    (error: Error & { stderr?: string }) => ({ stderr: error.stderr ?? '', failure: error }),
  );
  const match = /^nginx version: (\w{1,32})\/((\d+)\.(\d+)\.(\d+)[\d.]*)/m.exec(stderr);
  if (match !== null) {
    const [, product, text, major, minor, patch] = match;
    return { path, name: `${product} ${text}`, version: [Number(major), Number(minor), Number(patch)] };
  }
  throw new LbbenchError('unmeasurable', [
    {
      path: 'lab.nginxPath',
      message: `expected ${shown(path)} to be nginx, got ${shown(stderr.trim() || (failure?.message ?? 'no answer'))}`,
      hint: 'give the path of an nginx binary, or use balancer: embedded',
    },
  ]);
}
