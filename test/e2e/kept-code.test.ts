import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Workplace } from './lbbench.js';

let workplace: Workplace;
let folder = '';

beforeEach(() => {
  workplace = new Workplace();
  workplace.write('a.yaml', 'target: http://127.0.0.1:8080/\nload: { requests: 10 }\n');
  folder = join(workplace.folder, 'cache');
});

afterEach(() => workplace.remove());

/** A start with a cache folder of its own. */
async function check(env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await workplace.lbbench(['check', 'a.yaml'], {
    XDG_CACHE_HOME: folder,
    ...env,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** The files that compiled code is kept in. */
function kept(): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

const writtenMs = () => kept().map((path) => statSync(path).mtimeMs);

describe('the code that one start keeps for the next', () => {
  it('is written once, for nobody else, and changes nothing of what is said', async () => {
    const first = await check();
    const written = writtenMs();
    expect(written.length).toBeGreaterThan(0);
    expect(kept().filter((path) => (statSync(path).mode & 0o022) !== 0)).toEqual([]);
    expect(await check()).toBe(first);
    expect(writtenMs()).toEqual(written);
  });

  it('is not taken where a byte of it is not as it was, or half of it is gone', async () => {
    const first = await check();
    for (const place of [0.02, 0.3, 0.5, 0.9]) {
      for (const path of kept()) {
        const bytes = readFileSync(path);
        const at = Math.floor(bytes.length * place);
        bytes[at] = ~(bytes[at] ?? 0);
        writeFileSync(path, bytes);
      }
      expect(await check()).toBe(first);
    }
    for (const path of kept()) writeFileSync(path, readFileSync(path).subarray(0, -1000));
    expect(await check()).toBe(first);
  });

  it('is not taken from a file that others may write', async () => {
    const first = await check();
    const written = writtenMs();
    for (const path of kept()) chmodSync(path, 0o666);
    expect(await check()).toBe(first);
    expect(writtenMs()).not.toEqual(written);
  });

  it('is done without where there is no place for it, or nobody wants it', async () => {
    const first = await check({ NODE_DISABLE_COMPILE_CACHE: '1' });
    expect(kept()).toEqual([]);
    expect(await check({ LBBENCH_DEBUG: '1' })).toBe(first);
    expect(kept()).toEqual([]);
    mkdirSync(folder);
    writeFileSync(join(folder, 'lbbench'), 'a file in its place');
    expect(await check()).toBe(first);
    expect(readFileSync(join(folder, 'lbbench'), 'utf8')).toBe('a file in its place');
  });
});
