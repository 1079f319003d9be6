import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../lab/free-port.js';
import { start, Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

const root = resolve(import.meta.dirname, '../..');
const library = pathToFileURL(join(root, 'dist/index.js')).href;
const page = readFileSync(join(root, 'docs/library.md'), 'utf8');
const examples = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code);

const seen = new Map<string, number>();
let server: HttpTarget;
const workplace = new Workplace();
beforeAll(async () => {
  server = await HttpTarget.start((request, response) => {
    const line = `${request.method} ${request.url}`;
    seen.set(line, (seen.get(line) ?? 0) + 1);
    response.setHeader('X-Upstream', '127.0.0.1:8001');
    response.end('ok');
  });
});
afterAll(() => {
  server.close();
  workplace.remove();
});

/** Runs an example as a module of somebody else's. */
async function run(code: string, replace: Readonly<Record<string, string>>) {
  let module = code.replace("from 'lbbench'", `from '${library}'`);
  for (const [from, to] of Object.entries(replace)) {
    expect(module).toContain(from);
    module = module.replaceAll(from, to);
  }
  workplace.write('example.mjs', module);
  const { ended } = start(process.execPath, ['example.mjs'], workplace.folder, {
    TMPDIR: workplace.temporary,
  });
  return ended;
}

describe('the page about the library', () => {
  it('has a stress test in ten lines, which sends a hundred of each', async () => {
    const port = server.port;
    const ended = await run(examples[0] ?? '', { '127.0.0.1:8080': `127.0.0.1:${port}` });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^200 of 200 succeeded\n127\.0\.0\.1:8001 200 [\d.]+\n$/);
    expect(Object.fromEntries(seen)).toEqual({ 'POST /chat': 100, 'POST /completions': 100 });
    const code = (examples[0] ?? '').split('\n').filter((line) => !/^\s*$|^import|console\.log/.test(line));
    expect(code.length).toBeLessThanOrEqual(10);
  });

  it('has a comparison of methods with a verdict', async () => {
    const [one, other] = await freePorts(2);
    const ended = await run(examples[1] ?? '', { 18001: String(one), 18002: String(other) });
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/^round_robin: \d+ requests a second\nleast_conn: \d+ requests a second\n$/);
    expect(ended.stdout).toMatch(/^pass\n/);
    expect(ended.stdout).toMatch(/\ntrue\n$/);
  });

  it('names what there is', async () => {
    const names = [...page.matchAll(/^\| `(\w+)/gm)].map(([, name = '']) => name);
    const exported = Object.keys(await import('../../src/index.js'));
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) expect(exported).toContain(name);
  });
});
