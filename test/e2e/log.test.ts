import { appendFileSync, copyFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { Workplace } from './lbbench.js';

const cases = resolve(import.meta.dirname, '../cases/logs');

let workplace: Workplace;
beforeEach(() => {
  workplace = new Workplace();
  for (const name of ['01_combined.log', '02_article1.log', '04_retries.log', '18_gzip.log.gz'])
    copyFileSync(join(cases, name), join(workplace.folder, name));
});
afterEach(() => workplace.remove());

async function reportOf(...args: string[]): Promise<Report> {
  const { stdout, code } = await workplace.lbbench(['log', ...args, '--export-json', '-']);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Report;
}

const countsOf = ({ runs: [run] }: Report) =>
  Object.fromEntries(run?.backends.map(({ address, count }) => [address, count]) ?? []);

// The article's first format; what nginx's backends counted is in the log's sidecar: 104, 69 and 35 of 260 requests,
// every fifth of which nginx answered itself.
const article = { '127.0.0.1:12101': 104, '127.0.0.1:12102': 69, '127.0.0.1:12103': 35 };

describe('lbbench log', () => {
  it('shows who served what, and writes no report unless told where', async () => {
    const { code, stdout, stderr } = await workplace.lbbench(['log', '02_article1.log']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/127\.0\.0\.1:12101 +104 +50\.0 %/);
    expect(stdout).toMatch(/127\.0\.0\.1:12102 +69 +33\.2 %/);
    expect(stdout).toMatch(/127\.0\.0\.1:12103 +35 +16\.8 %/);
    expect(stdout).toMatch(/Not proxied +52 /);
    expect(workplace.reports()).toEqual([]);
    await workplace.lbbench(['log', '02_article1.log', '--reports', 'kept', '--quiet']);
    expect(workplace.reports('kept')).toHaveLength(1);
  });

  it('reads standard input, compressed files and several at once alike', async () => {
    expect(countsOf(await reportOf('02_article1.log'))).toEqual(article);
    const piped = await workplace.shell('$LBBENCH log - --export-json - < 02_article1.log');
    expect(countsOf(JSON.parse(piped.stdout) as Report)).toEqual(article);
    workplace.write('packed.log.gz', '');
    const packed = gzipSync(readFileSync(join(cases, '02_article1.log'))).toString('base64');
    await workplace.shell(`echo ${packed} | base64 -d > packed.log.gz`);
    expect(countsOf(await reportOf('packed.log.gz'))).toEqual(article);
    const twice = await reportOf('02_article1.log', 'packed.log.gz', '--threads', '2');
    expect(countsOf(twice)).toEqual({
      '127.0.0.1:12101': 208,
      '127.0.0.1:12102': 138,
      '127.0.0.1:12103': 70,
    });
  });

  it.each([1, 100_000])('reads a compressed log that is padded with %i zeros', async (zeros) => {
    await workplace.shell(`{ gzip -c 02_article1.log; head -c ${zeros} /dev/zero; } > padded.gz`);
    expect(countsOf(await reportOf('padded.gz'))).toEqual(article);
    const piped = await workplace.shell('cat padded.gz | $LBBENCH log - --export-json -');
    expect(countsOf(JSON.parse(piped.stdout) as Report)).toEqual(article);
  });

  it('reads all of a compressed log that other bytes follow, and says so', async () => {
    await workplace.shell('{ gzip -c 02_article1.log; echo garbage; } > trailed.gz');
    const report = await reportOf('trailed.gz');
    expect(countsOf(report)).toEqual(article);
    expect(report.log?.unmatched.count).toBe(0);
    expect(report.runs[0]?.warnings.map(({ code }) => code)).toContain('damaged-log');
  });

  it('takes $upstream_addr from the field of that name, not from one that names the pool', async () => {
    workplace.write(
      'l.json',
      '{"time":"2026-11-22T10:04:07+00:00","upstream":"pool","upstream_addr":"127.0.0.1:8001","status":200}\n',
    );
    expect(countsOf(await reportOf('l.json'))).toEqual({ '127.0.0.1:8001': 1 });
  });

  it('does not count what nginx answered itself as unattributed', async () => {
    const report = await reportOf('02_article1.log');
    expect(report.runs[0]?.unattributed).toBe(0);
    expect(report.log).toMatchObject({ records: 260, selected: 260, notProxied: 52, noLiveUpstreams: 0 });
  });

  it('says that combined cannot tell the backends, and shows the rest', async () => {
    const { code, stdout } = await workplace.lbbench(['log', '01_combined.log']);
    expect(code).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      "the log's format has no $upstream_addr, so which backend served a request cannot be recovered from it",
    );
    expect(stdout).toContain('67 × 200');
    expect(stdout).not.toContain('127.0.0.1:12101');
    const report = await reportOf('01_combined.log');
    expect(report.runs[0]).toMatchObject({ backends: [], unattributed: 67 });
    expect(report.log).toMatchObject({ notProxied: null, attempts: null, noLiveUpstreams: null });
  });

  it('judges thresholds against expected weights, with the exit codes of a run', async () => {
    const weights = [3, 2, 1].flatMap((weight, index) => [
      '--expect',
      `127.0.0.1:1210${index + 1}=${weight}`,
    ]);
    // 3:2:1 of 208 is 104, 69.33 and 34.67: the third is off by 35 / 34.67 - 1 = 0.96 %.
    const passed = await workplace.lbbench([
      'log',
      '02_article1.log',
      ...weights,
      '--threshold',
      'skew < 1%',
    ]);
    expect(passed.code).toBe(0);
    expect(passed.stdout).toMatch(/pass +0\.96 % +skew < 1%/);
    const failed = await workplace.lbbench(['log', '04_retries.log', '--threshold', 'retries < 1%']);
    expect(failed.code).toBe(1);
    const unknown = await workplace.lbbench(['log', '01_combined.log', '--threshold', 'skew < 1%']);
    expect(unknown.code).toBe(4);
  });

  it('takes format and weights from an nginx configuration', async () => {
    workplace.write(
      'nginx.conf',
      `events {} http { include formats.conf; upstream u { server 127.0.0.1:12101 weight=3; server 127.0.0.1:12102 weight=2; server 127.0.0.1:12103; } }`,
    );
    const sidecar = JSON.parse(readFileSync(join(cases, '02_article1.json'), 'utf8'));
    workplace.write('formats.conf', `log_format f '${sidecar.log_format}';`);
    const report = await reportOf(
      '02_article1.log',
      '--conf',
      'nginx.conf',
      '--log-name',
      'f',
      '--upstream',
      'u',
    );
    expect(report.log?.format).toBe(sidecar.log_format);
    expect(report.runs[0]?.backends.map(({ weight }) => weight)).toEqual([3, 2, 1]);
  });

  it('takes the configuration from nginx -T on standard input', async () => {
    workplace.write(
      'dump.txt',
      `# configuration file /etc/nginx/nginx.conf:
events {} http { include up.conf; init_by_lua_block { local x = "}" } }

# configuration file /etc/nginx/up.conf:
upstream u { server 127.0.0.1:12101 weight=3 resolve; server 127.0.0.1:12102 weight=2; server 127.0.0.1:12103 slow_start=5s; }
`,
    );
    const command = '$LBBENCH log 02_article1.log --conf - --upstream u --export-json - < dump.txt';
    const { stdout } = await workplace.shell(command);
    const report = JSON.parse(stdout) as Report;
    expect(report.runs[0]?.backends.map(({ weight }) => weight)).toEqual([3, 2, 1]);
    const both = await workplace.shell('$LBBENCH log - --conf - < dump.txt');
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('from standard input, got both')]);
  });

  it('knows socket paths that look like lists from the weights and from the configuration', async () => {
    const [plain, socket] = ['127.0.0.1:8001', 'unix:/run/a, b.sock'];
    const line = workplace
      .read('02_article1.log')
      .split('\n')[0]
      ?.replace(/ to: .*/, ` to: ${plain}, ${socket}`);
    workplace.write('s.log', `${line}\n`);
    const expected = { [plain]: 0, [socket]: 1 };
    const weighted = await reportOf('s.log', '--expect', `${socket}=1`, '--expect', `${plain}=1`);
    expect(countsOf(weighted)).toEqual(expected);
    workplace.write(
      'nginx.conf',
      `http { upstream a { server "${socket}"; } upstream b { server ${plain}; zone; } }`,
    );
    expect(countsOf(await reportOf('s.log', '--conf', 'nginx.conf'))).toEqual(expected);
  });

  it('selects, and splits by what is asked for', async () => {
    const report = await reportOf('04_retries.log', '--by', 'status', '--status', '5xx');
    expect(report.log?.groups.map(({ key, count }) => [key, count])).toEqual([
      ['502', 1],
      ['503', 19],
    ]);
    expect(report.log).toMatchObject({ records: 120, selected: 20, by: 'status' });
    const none = await workplace.lbbench(['log', '04_retries.log', '--uri', '/nowhere', '--quiet']);
    expect(none.code).toBe(3);
    const { stdout } = await workplace.lbbench(['log', '04_retries.log', '--by', 'status']);
    expect(stdout).toMatch(/status +requests +:12101 +errors +:12102 +:12190 +errors +retries/);
    expect(report.log?.groups.map(({ backends }) => backends.map(({ errors }) => errors))).toEqual([
      [0, 0, 1],
      [0, 19, 0],
    ]);
  });

  it('is shown again from its report, and in the other formats', async () => {
    const shown = await workplace.lbbench([
      'log',
      '04_retries.log',
      '--by',
      'status',
      '--export-json',
      'l.json',
    ]);
    const again = await workplace.lbbench(['report', 'l.json']);
    expect(again.stdout).toBe(shown.stdout);
    const table = await workplace.lbbench(['report', 'l.json', '--export-markdown', '-']);
    expect(table.stdout).toMatch(/\| `503` \| 19 \| `?19 \(100\.0 %\)/);
    for (const format of ['csv', 'junit', 'html'])
      expect(await workplace.lbbench(['report', 'l.json', `--export-${format}`, '-'])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('04_retries.log'),
      });
  });

  it('takes the last lines only', async () => {
    expect((await reportOf('04_retries.log', '--last', '7')).log?.records).toBe(7);
  });

  it('counts lines that are none, shows the first ten, and exits 2 when all are', async () => {
    const good = workplace.read('02_article1.log');
    workplace.write('mixed.log', `${'garbage \u001b[31m\n'.repeat(12)}${good}`);
    const mixed = await workplace.lbbench(['log', 'mixed.log', '--format', 'to']);
    expect(mixed.code).toBe(0);
    const shown = mixed.stderr.trimEnd().split('\n');
    expect(shown).toHaveLength(11);
    expect(shown[0]).toMatch(/^mixed\.log:1: expected .+: "garbage \\u001b\[31m"$/);
    expect(shown[10]).toBe('and 2 more lines that could not be read');
    expect(mixed.stderr + mixed.stdout).not.toContain('\u001b');
    workplace.write('none.log', 'a\nb\n');
    const none = await workplace.lbbench(['log', 'none.log', '--format', 'to']);
    expect(none.code).toBe(2);
    expect(none.stdout).toBe('');
    expect(none.stderr).toContain('got 2 lines and none that matches');
  });

  it('follows a log until Ctrl-C, and then shows all of it', async () => {
    const { child, ended } = workplace.start([
      'log',
      '02_article1.log',
      '--follow',
      '--threshold',
      'rps > 1000000',
    ]);
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    const line = workplace.read('02_article1.log').split('\n')[0];
    appendFileSync(join(workplace.folder, '02_article1.log'), `${line}\n`.repeat(40));
    await new Promise((resolve) => setTimeout(resolve, 600));
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(stderr).toBe('following; Ctrl-C ends it and shows the result\n');
    expect(stdout).toContain('300 lines · 300 requests');
    // All lines are of one second, so there is no rate to judge.
    expect(code).toBe(4);
  });

  it.each([
    [['--since', 'noon'], '--since: expected a moment'],
    [['--since', '1h', '--until', '2h'], '--until: expected a moment after --since'],
    [['--expect', 'a='], '--expect: expected ADDRESS=WEIGHT'],
    [['--upstream', 'u'], '--upstream: expected a configuration with --upstream, got none'],
    [['--threshold', 'skew <'], '--threshold: expected'],
    [['--threshold', 'p99{request=a} < 1ms'], '--threshold: expected a rule about the whole log'],
    [['--by', 'moon'], '--by: expected uri, method'],
    [['--threads', '0'], '--threads: expected a whole number from 1 to 64'],
    [['--format', '$status$uri'], '--format: expected some text between'],
    [['--escape', 'json'], '--escape: expected a format with --escape'],
    [['--host', 'a'], '--host: expected a log format with $http_host or $host'],
  ])('refuses %j', async (flags, message) => {
    const { code, stderr, stdout } = await workplace.lbbench(['log', '02_article1.log', ...flags]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
