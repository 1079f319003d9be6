import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLog } from '../../src/accesslog/read-log.js';
import type { RunReport } from '../../src/model/report.js';
import { CountingBackends } from '../e2e/counting-backends.js';
import { Workplace } from '../e2e/lbbench.js';
import { freePorts } from '../lab/free-port.js';
import { isListening } from '../listening.js';

const required = process.env.LBBENCH_REQUIRE_ALL === '1';
const docs = readFileSync(join(import.meta.dirname, '../../docs/balancers.md'), 'utf8');
const requests = 600;

interface Place {
  readonly folder: string;
  readonly front: number;
  readonly addresses: readonly string[];
  /** Nobody listens there. */
  readonly dead: string;
}

interface Balancer {
  readonly program: string;
  /** Debian's package. */
  readonly debian: string;
  readonly probe: readonly string[];
  /** The lines of its configuration that docs/balancers.md tells to add. */
  readonly told: readonly string[];
  /** Writes its configuration; its arguments. */
  configure(place: Place, told: readonly string[]): readonly string[];
  /** Whether its log is what it writes to standard output. */
  readonly logsToStdout?: boolean;
  /** What a backend is called. */
  nameOf(address: string, index: number): string;
}

const balancers: readonly Balancer[] = [
  {
    program: 'haproxy',
    debian: 'haproxy',
    probe: ['-v'],
    told: ['option httplog', 'http-response set-header X-Upstream %s'],
    logsToStdout: true,
    configure({ folder, front, addresses, dead }, [log, header]) {
      const path = join(folder, 'haproxy.cfg');
      const servers = addresses.map((address, index) => `  server s${index + 1} ${address}`).join('\n');
      writeFileSync(
        path,
        `defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
  retries 3
  option redispatch
  ${log}
  option dontlognull
  log stdout format raw local0 info
frontend web
  bind 127.0.0.1:${front}
  default_backend app
backend app
  balance roundrobin
  ${header}
${servers}
  server gone ${dead}
`,
      );
      return ['-db', '-f', path];
    },
    nameOf: (_, index) => `s${index + 1}`,
  },
  {
    program: 'caddy',
    debian: 'caddy',
    probe: ['version'],
    told: ['header_down X-Upstream {http.reverse_proxy.upstream.hostport}'],
    configure({ folder, front, addresses, dead }, [header]) {
      const path = join(folder, 'Caddyfile');
      writeFileSync(
        path,
        `{
  admin off
  auto_https off
  storage file_system ${folder}
}
http://127.0.0.1:${front} {
  log {
    output file ${join(folder, 'access.log')}
    format json
  }
  reverse_proxy ${[...addresses, dead].join(' ')} {
    lb_policy round_robin
    lb_try_duration 5s
    lb_try_interval 1ms
    ${header}
  }
}
`,
      );
      return ['run', '--config', path, '--adapter', 'caddyfile'];
    },
    nameOf: (address) => address,
  },
  {
    program: 'apache2',
    debian: 'apache2',
    probe: ['-v'],
    told: [
      'Header always set X-Upstream "%{BALANCER_WORKER_NAME}e" env=BALANCER_WORKER_NAME',
      'LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\" %{BALANCER_WORKER_NAME}e %D" upstream',
    ],
    configure({ folder, front, addresses, dead }, [header, format]) {
      const path = join(folder, 'apache2.conf');
      const modules =
        'mpm_event authz_core proxy proxy_http proxy_balancer slotmem_shm lbmethod_byrequests headers env';
      writeFileSync(
        path,
        `${modules
          .split(' ')
          .map((one) => `LoadModule ${one}_module /usr/lib/apache2/modules/mod_${one}.so`)
          .join('\n')}
ServerName localhost
DefaultRuntimeDir ${folder}
PidFile ${join(folder, 'pid')}
ErrorLog ${join(folder, 'error.log')}
Listen 127.0.0.1:${front}
User daemon
Group daemon
<Proxy balancer://app>
${addresses.map((address) => `  BalancerMember http://${address}`).join('\n')}
  BalancerMember http://${dead} retry=0
</Proxy>
ProxyPass /local !
ProxyPass / balancer://app/
${header}
${format}
CustomLog ${join(folder, 'access.log')} upstream
`,
      );
      return ['-f', path, '-DFOREGROUND'];
    },
    nameOf: (address) => address,
  },
];

const lines = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0);

const there = balancers.filter(({ program, probe, debian }) => {
  const isThere = spawnSync(program, [...probe]).status === 0;
  if (!isThere && !required)
    console.warn(`${program} is not installed: its tests are left out (apt install ${debian})`);
  return isThere || required;
});

describe.each(there)('$program in front of three backends and a dead one', (balancer) => {
  const folder = mkdtempSync(join(tmpdir(), 'lbbench-balancer-'));
  const log = join(folder, 'access.log');
  const workplace = new Workplace();
  let backends: CountingBackends;
  let child: ChildProcess;
  let run: RunReport | undefined;
  let expected: Record<string, number> = {};

  beforeAll(async () => {
    backends = await CountingBackends.start(3);
    const [front = 0, gone = 0] = await freePorts(2);
    const place = { folder, front, addresses: backends.addresses, dead: `127.0.0.1:${gone}` };
    const out = balancer.logsToStdout === true ? openSync(log, 'w') : undefined;
    child = spawn(balancer.program, [...balancer.configure(place, balancer.told)], {
      stdio: ['ignore', out ?? 'ignore', 'ignore'],
      env: { ...process.env, HOME: folder },
    });
    if (out !== undefined) closeSync(out);
    while (!(await isListening({ port: front, host: '127.0.0.1' }))) await sleep(20);
    const { report } = await workplace.run(
      `target: http://127.0.0.1:${front}\nload: { requests: ${requests}, concurrency: 8 }`,
    );
    run = report.runs[0];
    const counts = backends.counts();
    expected = Object.fromEntries(
      backends.addresses.map((address, index) => [balancer.nameOf(address, index), counts[address] ?? 0]),
    );
    // A line is written when the request is over, which the client may know before.
    for (let i = 0; i < 200 && lines(log) < requests; i++) await sleep(20);
  });
  afterAll(async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    await backends.close();
    workplace.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is run against with the counts that the backends have, by its header', () => {
    expect(Object.values(expected).reduce((sum, count) => sum + count, 0)).toBe(requests);
    expect(Object.fromEntries(run?.backends.map(({ address, count }) => [address, count]) ?? [])).toEqual(
      expected,
    );
    expect([run?.outcomes.responses, run?.unattributed]).toEqual([requests, 0]);
  });

  it('has a log that is recognised, and counts what the backends counted', async () => {
    const answer = await readLog({ paths: [log] });
    expect(answer.unmatched.first).toEqual([]);
    const { tally } = answer;
    const cells = tally.cells.slice(1).filter(({ count }) => count > 0);
    expect(Object.fromEntries(cells.map(({ address, count }) => [address, count]))).toEqual(expected);
    expect([answer.records, tally.statusCounts()]).toEqual([requests, { '200': requests }]);
    expect(tally.overall('service').count).toBeGreaterThan(requests / 3);
  });

  it('is configured as the documentation says', () => {
    for (const line of balancer.told) expect(docs).toContain(line);
  });
});
