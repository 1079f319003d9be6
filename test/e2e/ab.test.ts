import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

let workplace: Workplace;
let server: HttpTarget;
let url = '';
/** Three in four requests go to the first backend. */
beforeAll(async () => {
  let served = 0;
  server = await HttpTarget.start((_, response) => {
    response.setHeader('X-Upstream', served++ % 4 === 3 ? '10.0.0.2:80' : '10.0.0.1:80');
    response.end('ok');
  });
  url = `${server.url}/`;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => workplace.remove());

const ab = (...args: string[]) => workplace.lbbench(['ab', '-q', '-n', '400', ...args, url]);

describe('what lbbench ab is told of the backends', () => {
  it('is nothing at first, so equal shares are a guess and said to be one', async () => {
    const { code, stdout } = await ab();
    expect(stdout).toMatch(
      /^ {2}equal shares are a guess: --expect ADDRESS=WEIGHT,… or --conf FILE tells\nSkew: +50\.0 %/m,
    );
    expect(stdout).not.toContain('Thresholds');
    expect(code).toBe(0);
    expect((await ab('-w')).stdout).toContain('>equal shares are a guess: ');
  });

  it.each([
    ['--expect', ['--expect', '10.0.0.1:80=3,10.0.0.2:80=1']],
    ['--conf', ['--conf', 'nginx.conf', '--upstream', 'backend']],
  ])('comes with %s, and decides with --threshold', async (_, flags) => {
    workplace.write(
      'nginx.conf',
      'upstream other { server 10.9.9.9; }\nupstream backend { server 10.0.0.1 weight=3; server 10.0.0.2; }',
    );
    const passed = await ab(...flags, '--threshold', 'skew < 1%', '--export-json', 'report.json');
    expect(passed.stdout).not.toContain('guess');
    expect(passed.stdout).toMatch(/^Skew: +0\.0 %/m);
    expect(passed.stdout).toMatch(/pass +\S+ % +skew < 1%/);
    expect(passed.code).toBe(0);
    expect(JSON.parse(workplace.read('report.json'))).toMatchObject({
      verdict: 'pass',
      runs: [{ backends: [{ expectedShare: 0.75 }, { expectedShare: 0.25 }] }],
    });
    const failed = await ab(...flags, '--threshold', 'share{backend=10.0.0.2:80} > 60%');
    expect(failed.stdout).toContain('Verdict: fail');
    expect(failed.code).toBe(1);
  });

  it.each([
    [['--conf', 'gone.conf'], /^gone\.conf +expected a readable file/],
    [['--conf', 'two.conf'], /^two\.conf +expected one upstream block, got 2\n.*choose one with --upstream/],
    [
      ['--expect', 'a=1', '--threshold', 'share{backend=b} > 1%'],
      /^--threshold: expected a known backend, got "b"/,
    ],
  ])('is refused before a request is sent: %j', async (flags, message) => {
    workplace.write('two.conf', 'upstream a { server 10.0.0.1; }\nupstream b { server 10.0.0.2; }');
    const { code, stdout, stderr } = await ab(...flags);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('a usage error of lbbench ab', () => {
  it('is one line with the remedy', async () => {
    const { code, stdout, stderr } = await workplace.lbbench(['ab', url.slice(0, -1)]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `lbbench ab: invalid URL: expected a path, got "${url.slice(0, -1)}"; write ${url}\n`,
    );
  });
});
