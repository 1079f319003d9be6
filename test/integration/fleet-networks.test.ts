import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { workerAccount } from '../../src/lab/nginx/account.js';
import { Workplace } from '../e2e/lbbench.js';
import { freePorts } from '../lab/free-port.js';
import { isListening } from '../listening.js';
import { reportOf } from './fleet-site.js';
import { describeWithNginx } from './real-nginx.js';
import { describeWithRedis, RealRedis } from './real-redis.js';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

/** The last part of each agent's network, 10.213.N.0/24. */
const networks = [1, 2, 3] as const;
const program = resolve(import.meta.dirname, '../../bin/lbbench.js');
const ip = (...words: readonly string[]) => execFileSync('ip', words, { stdio: 'pipe' });
const namespace = (n: number) => `lbbench${process.pid}-${n}`;

const canMakeNetworks = (() => {
  if (process.getuid?.() !== 0) return false;
  try {
    ip('netns', 'add', namespace(0));
    ip('netns', 'del', namespace(0));
    return true;
  } catch {
    return false;
  }
})();
if (!canMakeNetworks)
  console.warn('network namespaces need root and iproute2: agents in networks of their own are left out');

const describeIf = canMakeNetworks ? describeWithNginx : describe.skip;

describeIf('agents in networks of their own', () => {
  describeWithRedis('and one Redis', () => {
    const redis = new RealRedis();
    const place = new Workplace();
    const backends: Server[] = [];
    const agents: ReturnType<typeof spawn>[] = [];
    let nginx: ReturnType<typeof spawn>;
    let port = 0;

    beforeAll(async () => {
      await redis.start();
      for (let i = 0; i < 3; i++) {
        const backend = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
        await once(backend, 'listening');
        backends.push(backend);
      }
      [port = 0] = await freePorts(1);
      const account = workerAccount();
      const conf = join(place.folder, 'nginx.conf');
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${place.folder}/${name};`,
      );
      const servers = backends.map((one) => `server 127.0.0.1:${(one.address() as AddressInfo).port};`);
      writeFileSync(
        conf,
        `${account === undefined ? '' : `user ${account};`}
daemon off; worker_processes 1; pid ${place.folder}/nginx.pid; error_log ${place.folder}/error.log;
events {}
http {
  log_format mine '$remote_addr $upstream_addr $request_uri';
  access_log ${place.folder}/access.log mine;
  ${temporary.join(' ')}
  upstream pool { ip_hash; ${servers.join(' ')} }
  server { listen 0.0.0.0:${port}; location / { proxy_pass http://pool; add_header X-Upstream $upstream_addr; } }
}
`,
      );
      nginx = spawn('nginx', ['-c', conf, '-p', place.folder], { stdio: 'ignore' });
      while (!(await isListening({ host: '127.0.0.1', port }))) await sleep(20);
      for (const n of networks) {
        const [here, there] = [`lbb${process.pid % 100_000}h${n}`, `lbb${process.pid % 100_000}a${n}`];
        ip('netns', 'add', namespace(n));
        ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', namespace(n));
        ip('addr', 'add', `10.213.${n}.1/24`, 'dev', here);
        ip('link', 'set', here, 'up');
        ip('-n', namespace(n), 'addr', 'add', `10.213.${n}.2/24`, 'dev', there);
        ip('-n', namespace(n), 'link', 'set', there, 'up');
        ip('-n', namespace(n), 'link', 'set', 'lo', 'up');
        ip('-n', namespace(n), 'route', 'add', 'default', 'via', `10.213.${n}.1`);
        // The folder of the socket is everybody's: only networks are apart.
        const words = [
          'netns',
          'exec',
          namespace(n),
          process.execPath,
          program,
          'agent',
          '--redis',
          redis.url,
        ];
        agents.push(spawn('ip', [...words, '--name', `a${n}`, '--threads', '1'], { stdio: 'ignore' }));
      }
    });

    afterAll(async () => {
      for (const agent of agents) agent.kill('SIGTERM');
      await Promise.all(agents.map((agent) => agent.exitCode ?? once(agent, 'exit')));
      for (const n of networks) ip('netns', 'del', namespace(n));
      nginx.kill('SIGTERM');
      await once(nginx, 'exit');
      for (const backend of backends) backend.close();
      await redis.remove();
      place.remove();
    });

    test('are three clients to ip_hash, and what nginx logged is what they report', async () => {
      const file = place.write(
        'scenario.yaml',
        `target: http://10.213.1.1:${port}
load: { requests: 1500, concurrency: 6 }
requests: [{ path: "/x?i={1..900000000000}" }]
`,
      );
      const run = place.start([
        'run',
        file,
        '--quiet',
        '--export-json',
        '-',
        '--redis',
        redis.url,
        '--agents',
        '3',
      ]);
      const { run: report } = await reportOf(run);
      expect(report.outcomes).toMatchObject({ started: 1500, responses: 1500, lost: 0 });
      expect(report.warnings.map(({ code }) => code)).not.toContain('one-source-network');
      expect(report.agents?.flatMap(({ addresses }) => addresses).sort()).toEqual(
        networks.map((n) => `10.213.${n}.2`),
      );
      const lines = readFileSync(join(place.folder, 'access.log'), 'utf8').trim().split('\n');
      expect(lines).toHaveLength(1500);
      expect(new Set(lines.map((line) => line.split(' ')[2])).size).toBe(1500);
      for (const { addresses, started } of report.agents ?? []) {
        const own = lines.filter((line) => line.startsWith(`${addresses[0]} `));
        expect(own).toHaveLength(started);
        // All of a network go to one backend.
        expect(new Set(own.map((line) => line.split(' ')[1])).size).toBe(1);
      }
    });

    test('that cannot reach the target report errors, and nothing is lost', async () => {
      ip('-n', namespace(2), 'route', 'add', 'unreachable', '10.213.1.1');
      try {
        const file = place.write(
          'scenario.yaml',
          `target: http://10.213.1.1:${port}
load: { requests: 300, concurrency: 6 }
allowErrors: true
`,
        );
        const { run } = await reportOf(
          place.start(['run', file, '--quiet', '--export-json', '-', '--redis', redis.url, '--agents', '3']),
        );
        expect(run.outcomes).toMatchObject({ started: 300, lost: 0, neverStarted: 0 });
        expect(run.outcomes.connectErrors).toBeGreaterThan(0);
        expect(run.outcomes.responses + run.outcomes.connectErrors).toBe(300);
      } finally {
        ip('-n', namespace(2), 'route', 'del', 'unreachable', '10.213.1.1');
      }
    });
  });
});
