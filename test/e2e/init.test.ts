import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../lab/free-port.js';
import { Workplace } from './lbbench.js';
import { HttpTarget } from './target.js';

let asked = 0;
let upstream: string | undefined;
let server: HttpTarget;
let url = '';
let workplace: Workplace;
beforeAll(async () => {
  server = await HttpTarget.start((_, response) => {
    asked += 1;
    if (upstream !== undefined) response.setHeader('X-Upstream', upstream);
    response.end('ok');
  });
  url = `${server.url}/`;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  workplace = new Workplace();
  asked = 0;
  upstream = '127.0.0.1:8001';
});
afterEach(() => workplace.remove());

const conf = `events {}
http {
  upstream chat { least_conn; server 127.0.0.1:8001 weight=3; server 127.0.0.1:8002; }
  upstream other { server 127.0.0.1:9001; server 127.0.0.1:9002; }
}
`;

describe('lbbench init --target', () => {
  it('asks the balancer once, shows whom it saw, and writes what checks and runs', async () => {
    const { code, stdout } = await workplace.lbbench(['init', '--target', url]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      `"${url}" answers with 200, by "127.0.0.1:8001"\nwrote scenario.yaml; try it: lbbench run scenario.yaml\n`,
    );
    expect(asked).toBe(1);
    expect(workplace.read('scenario.yaml')).toContain('# expect: { "127.0.0.1:8001": 1, 127.0.0.1:8002: 1 }');
    expect(await workplace.lbbench(['check', 'scenario.yaml'])).toMatchObject({ code: 0, stderr: '' });
    const run = await workplace.lbbench(['run', 'scenario.yaml', '-n', '20']);
    expect(run.stdout).toContain(url);
    expect(asked).toBe(21);
  });

  it('takes weights and method from the configuration, by the full path of its file', async () => {
    workplace.write('nginx.conf', conf);
    const args = ['init', 'new', '--target', url, '--nginx-conf', 'nginx.conf', '--upstream', 'chat'];
    expect(await workplace.lbbench(args)).toMatchObject({ code: 0, stderr: '' });
    const text = workplace.read('new/scenario.yaml');
    expect(text).toContain('upstream: "chat" }');
    expect(text).toContain('#   127.0.0.1:8001 weight=3\n#   127.0.0.1:8002\n');
    expect(text).toContain('# least_conn does not aim at equal counts');
    expect(await workplace.lbbench(['check', 'new/scenario.yaml'])).toMatchObject({ code: 0, stderr: '' });
    upstream = '10.9.9.9:1';
    const other = await workplace.lbbench([...args.slice(0, 1), 'again', ...args.slice(2)]);
    expect(other.stdout).toContain('"10.9.9.9:1" is no server of the upstream block');
  });

  it('says when nobody tells the backend, and shows nothing hostile', async () => {
    upstream = undefined;
    expect((await workplace.lbbench(['init', '--target', url])).stdout).toContain(
      'which backend did is not told: add_header X-Upstream $upstream_addr always;',
    );
    upstream = 'evil\u009b31m"}, {a: b';
    await workplace.lbbench(['init', 'evil', '--target', url]);
    expect(workplace.read('evil/scenario.yaml')).not.toContain('\u009b');
    expect(await workplace.lbbench(['check', 'evil/scenario.yaml'])).toMatchObject({ code: 0 });
  });

  it('writes no credentials into the file', async () => {
    await workplace.lbbench(['init', '--target', url.replace('//', '//ann:geheim@')]);
    const text = workplace.read('scenario.yaml');
    expect(text).not.toContain('geheim');
    expect(text).toContain('password: "${LBBENCH_PASSWORD}"');
    const env = { LBBENCH_USER: 'ann', LBBENCH_PASSWORD: 'geheim' };
    expect(await workplace.lbbench(['check', 'scenario.yaml'], env)).toMatchObject({ code: 0, stderr: '' });
  });

  it('writes nothing where nobody answers, and refuses what cannot be', async () => {
    const [port] = await freePorts(1);
    workplace.write('nginx.conf', conf);
    const refused: readonly (readonly [readonly string[], number, string])[] = [
      [['--target', `http://127.0.0.1:${port}`], 3, '--target: expected a balancer that answers, got none'],
      [['--target', 'nonsense'], 2, '--target: '],
      [['--target', url, '--nginx-conf', 'missing.conf'], 2, '--nginx-conf: '],
      [['--target', url, '--nginx-conf', 'nginx.conf'], 2, 'add --upstream "chat"'],
      [['--target', url, '--nginx-conf', 'nginx.conf', '--upstream', 'cat'], 2, '--upstream: '],
      [['--target', url, '--upstream', 'chat'], 2, '--upstream: expected a configuration with it'],
      [['--nginx-conf', 'nginx.conf'], 2, '--nginx-conf: expected a target beside it'],
    ];
    for (const [args, code, message] of refused) {
      const ended = await workplace.lbbench(['init', ...args]);
      expect(ended).toMatchObject({ code, stdout: '' });
      expect(ended.stderr).toContain(message);
    }
    expect(() => workplace.read('scenario.yaml')).toThrow('ENOENT');
  });
});
