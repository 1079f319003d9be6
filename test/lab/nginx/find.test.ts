import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNginx } from '../../../src/lab/nginx/find.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function install(script: string): string {
  const path = join(folder, 'nginx');
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

describe('finding nginx', () => {
  it.each([
    ['nginx/1.22.1', 'nginx 1.22.1', [1, 22, 1]],
    ['nginx/1.31.5 (Ubuntu)', 'nginx 1.31.5', [1, 31, 5]],
    ['openresty/1.27.1.2', 'openresty 1.27.1.2', [1, 27, 1]],
  ])('reads the version of %s from PATH', async (text, name, version) => {
    const path = install(`echo "nginx version: ${text}" >&2`);
    expect(await findNginx(undefined, `/no/such/folder:${folder}`)).toEqual({ path, name, version });
  });

  it.each(['echo hello', 'exit 1', 'printf "nginx version: \\033[31mnginx/x" >&2'])(
    'refuses a program that does not answer as nginx: %s',
    async (script) => {
      const path = install(script);
      const error = await findNginx(path, undefined).catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ kind: 'unmeasurable' });
      expect(String(error)).toContain('to be nginx, got');
      expect(String(error)).not.toMatch(/\p{Cc}/u);
    },
  );
});
