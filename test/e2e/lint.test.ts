import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rules } from '../../src/lint/rules.js';
import type { LintReport } from '../../src/model/lint.js';
import { Workplace } from './lbbench.js';

let workplace: Workplace;
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => workplace.remove());

const fine = 'events {}\nhttp {\n  upstream backend {\n    server 10.0.0.1;\n    server 10.0.0.2;\n  }\n}\n';
const banned = fine.replace('server 10.0.0.1;', 'server 10.0.0.1 max_fails=3 fail_timeout=10000s;');
const unshared = `worker_processes 2;\n${fine}`.replace('server 10.0.0.1;', 'least_conn; server 10.0.0.1;');

/** Runs the command with `text` on its standard input. */
function piped(text: string, args: string) {
  workplace.write('input', text);
  return workplace.shell(`$LBBENCH lint - ${args} < input`);
}

describe('lbbench lint', () => {
  it('says line, why, and the line that mends it, and fails on errors', async () => {
    workplace.write('nginx.conf', banned);
    expect(await workplace.lbbench(['lint', 'nginx.conf'])).toEqual({
      code: 1,
      stdout: `nginx.conf:4:5  error  fail-timeout-of-hours
  server "10.0.0.1" has max_fails=3 and fail_timeout=10000s.
  3 failures within 2.8 h take the server out for 2.8 h, however soon it is well again, and the
  others get its share.
      server 10.0.0.1 max_fails=3 fail_timeout=10s;
  see docs/lint.md#fail-timeout-of-hours

nginx.conf: 1 error (1 upstream looked at)
`,
      stderr: '',
    });
  });

  it('passes warnings unless it is to be strict', async () => {
    workplace.write('nginx.conf', unshared);
    expect(await workplace.lbbench(['lint', 'nginx.conf', '--quiet'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(await workplace.lbbench(['lint', 'nginx.conf', '--quiet', '--strict'])).toMatchObject({ code: 1 });
  });

  it('reads what nginx -T prints, and finds each line in its own file', async () => {
    const dump = `# configuration file /etc/nginx/nginx.conf:\nhttp { include conf.d/*; }\n\n# configuration file /etc/nginx/conf.d/a:\n\nupstream b { hash x; server a; server c; }\n`;
    const { code, stdout } = await piped(dump, '');
    expect(code).toBe(1);
    expect(stdout).toContain('/etc/nginx/conf.d/a:2:14  error  hash-key-constant');
    workplace.write('dump.txt', dump);
    expect((await workplace.lbbench(['lint', 'dump.txt'])).stdout).toBe(stdout);
  });

  it('leaves out what is included and not there, and says so', async () => {
    workplace.write('nginx.conf', fine.replace('http {', 'http {\n  include mime.types;'));
    const { code, stdout } = await workplace.lbbench(['lint', 'nginx.conf']);
    expect(code).toBe(0);
    expect(
      stdout,
    ).toBe(`! not looked at, because it cannot be read here: mime.types; nginx -T | lbbench lint - has all of it
nginx.conf: nothing found that spoils the spread (1 upstream looked at)
`);
  });

  it('writes JSON and SARIF', async () => {
    workplace.write('conf/my site.conf', banned.replace(/^http/m, '# why\nhttp'));
    const { code } = await workplace.lbbench([
      ...['lint', 'conf/my site.conf', '--quiet'],
      ...['--export-json', 'lint.json', '--export-sarif', 'lint.sarif'],
    ]);
    expect(code).toBe(1);
    const report = JSON.parse(workplace.read('lint.json')) as LintReport;
    expect(report).toMatchObject({ file: 'conf/my site.conf', upstreams: 1, suppressed: 0, unread: [] });
    expect(report.rules.map(({ id }) => id)).toEqual(rules.map(({ id }) => id));
    expect(report.findings).toEqual([
      {
        rule: 'fail-timeout-of-hours',
        severity: 'error',
        file: 'conf/my site.conf',
        line: 5,
        column: 5,
        what: 'server "10.0.0.1" has max_fails=3 and fail_timeout=10000s',
        why: '3 failures within 2.8 h take the server out for 2.8 h, however soon it is well again, and the others get its share.',
        fix: ['server 10.0.0.1 max_fails=3 fail_timeout=10s;'],
      },
    ]);
    const sarif = JSON.parse(workplace.read('lint.sarif'));
    expect(sarif).toMatchObject({ version: '2.1.0', runs: [{ tool: { driver: { name: 'lbbench lint' } } }] });
    const [{ results, tool }] = sarif.runs;
    expect(tool.driver.rules).toHaveLength(rules.length);
    expect(results).toHaveLength(1);
    expect(tool.driver.rules[results[0].ruleIndex].id).toBe(results[0].ruleId);
    expect(results[0]).toMatchObject({
      ruleId: 'fail-timeout-of-hours',
      level: 'error',
      message: { text: expect.stringContaining('server 10.0.0.1 max_fails=3 fail_timeout=10s;') },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'conf/my%20site.conf' },
            region: { startLine: 5, startColumn: 5 },
          },
        },
      ],
    });
  });

  it('gives data alone where it is asked for on stdout', async () => {
    workplace.write('nginx.conf', banned);
    const { stdout } = await workplace.lbbench(['lint', 'nginx.conf', '--export-sarif', '-']);
    expect(JSON.parse(stdout)).toHaveProperty('runs');
  });

  it.each([
    ['no.conf', 'no.conf  expected an nginx configuration, got no such file\n'],
    ['broken.conf', 'broken.conf:1:9  expected ";" or "{" after "http", got "}"'],
    ['/dev/zero', 'got one that cannot be read: it is not a regular file'],
    ['.', '.  expected an nginx configuration, got one that cannot be read: it is a folder\n'],
  ])('refuses %s in one message', async (file, message) => {
    workplace.write('broken.conf', '   http }');
    const { code, stdout, stderr } = await workplace.lbbench(['lint', file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  it('refuses what is no version, and an empty input', async () => {
    workplace.write('nginx.conf', fine);
    const { code, stderr } = await workplace.lbbench(['lint', 'nginx.conf', '--nginx-version', 'new']);
    expect(code).toBe(2);
    expect(stderr).toContain('--nginx-version: expected a version such as 1.22.1, got "new"');
    expect(await piped('', '')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('stdin  expected an nginx configuration, got nothing'),
    });
  });
});
