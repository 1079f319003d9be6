import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

const token = 'tok-e1n"7/ünique';
let workplace: Workplace;
let server: HttpTarget;
let port = 0;
const received: (string | undefined)[] = [];
/** Tells everybody the secrets that it is sent: as a backend's name, as a body. */
beforeAll(async () => {
  server = await HttpTarget.start((request, response) => {
    received.push(request.headers['x-key'] as string | undefined);
    response.setHeader('X-Upstream', String(request.headers['x-backend']));
    request.pipe(response);
  });
  port = server.port;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => workplace.remove());

const scenario = [
  'name: of ${BACKEND}',
  'target: http://${HOST}',
  'load: { requests: ${COUNT}, concurrency: ${NOTHING:-2} }',
  'headers: { X-Key: "${KEY}", X-Backend: "${BACKEND}" }',
  'requests:',
  "  - { name: 'chat ${BACKEND}', path: '/${BACKEND}', json: { token: '${TOKEN}' } }",
  'thresholds: ["skew < 5%", "share{backend=${BACKEND}:80} > 10%"]',
  'expect: { "${BACKEND}:80": 1, 10.9.9.9:80: 1 }',
].join('\n');

/** Every file that a run has left behind, and what it has said. */
function everything(stdout: string, stderr: string): string {
  const files = readdirSync(workplace.folder, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile() && file.name !== 'scenario.yaml')
    .map((file) => file.name + readFileSync(join(file.parentPath, file.name), 'utf8'));
  return [stdout, stderr, ...texts].join('\n');
}

describe('what a scenario takes from the environment', () => {
  const env = () => ({
    HOST: `127.0.0.1:${port}`,
    COUNT: '12',
    KEY: 'key-of-the-house',
    BACKEND: 'backend-with-a-name',
    TOKEN: token,
  });

  it('is sent, and never shown: not in reports, exports, samples, names of files or on the terminal', async () => {
    const file = workplace.write('scenario.yaml', scenario);
    received.length = 0;
    const { code, stdout, stderr } = await workplace.lbbench(
      [
        ...['run', file, '--samples', 'samples.jsonl'],
        ...['json', 'html', 'markdown', 'csv', 'junit', 'github'].flatMap((kind) => [
          `--export-${kind}`,
          `out.${kind}`,
        ]),
      ],
      env(),
    );
    expect(stderr).not.toMatch(/expected/);
    expect(code).not.toBe(2);
    expect(received).toEqual(Array.from({ length: 12 }, () => 'key-of-the-house'));
    const said = everything(stdout, stderr);
    expect(said).toContain('[BACKEND]');
    expect(said).toContain('[TOKEN]');
    for (const value of [`127.0.0.1:${port}`, 'key-of-the-house', 'backend-with-a-name', 'tok-e1n', 'nique'])
      expect(said).not.toContain(value);
    expect(workplace.reports()).toEqual([expect.stringMatching(/^of-BACKEND-/)]);
  });

  it('is not shown by check either, nor in faults', async () => {
    const file = workplace.write('scenario.yaml', `${scenario}\nseed: \${KEY}`);
    const checked = await workplace.lbbench(['check', file], { ...env(), KEY: '7' });
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toContain('[BACKEND]');
    expect(checked.stdout).not.toContain('with-a-name');
    const { code, stdout, stderr } = await workplace.lbbench(['check', file], env());
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('seed: expected an integer of at least 0, got "[KEY]"');
    const missing = await workplace.lbbench(['check', file], { ...env(), TOKEN: undefined });
    expect(missing.stderr).toContain('scenario.yaml:6:68  expected the environment variable TOKEN, got none');
  });
});
