import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLog } from '../../src/accesslog/read-log.js';
import { freePorts } from '../lab/free-port.js';
import { isListening } from '../listening.js';

const hasHaproxy = spawnSync('haproxy', ['-v']).status === 0;
const required = process.env.LBBENCH_REQUIRE_ALL === '1';
if (!hasHaproxy && !required)
  console.warn('haproxy is not installed: the tests of its log are left out (apt install haproxy)');

const names = ['s1', 's2', 's3'] as const;
/** What the servers and the client counted while HAProxy wrote its log. */
const received: Record<string, number> = {};
const statuses: Record<string, number> = {};
let folder = '';
let requests = 0;
const servers: Server[] = [];

/** HAProxy in front of three servers and a dead one, and of pools where nobody is left or only the dead one is. */
async function writeLogs(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-haproxy-'));
  const [front = 0, dead = 0, ...ports] = await freePorts(5);
  for (const [index, name] of names.entries()) {
    const server = createServer((incoming, outgoing) => {
      received[name] = (received[name] ?? 0) + 1;
      incoming.resume();
      setTimeout(() => outgoing.writeHead(incoming.url === '/missing' ? 404 : 200).end(name), 5);
    });
    server.listen(ports[index], '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
  const syslog = createSocket('udp4');
  const datagrams: Buffer[] = [];
  syslog.on('message', (message) => datagrams.push(message));
  syslog.bind(0, '127.0.0.1');
  await once(syslog, 'listening');
  writeFileSync(
    join(folder, 'haproxy.cfg'),
    `defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
  retries 3
  option redispatch
  option httplog
  option dontlognull
  log stdout format raw local0 info
  log 127.0.0.1:${syslog.address().port} local0 info info
frontend web
  bind 127.0.0.1:${front}
  http-request deny if { path /deny }
  use_backend nobody if { path /nobody }
  use_backend stubborn if { path /stubborn }
  default_backend app
backend app
  balance roundrobin
${names.map((name, index) => `  server ${name} 127.0.0.1:${ports[index]}`).join('\n')}
  server gone 127.0.0.1:${dead}
backend nobody
backend stubborn
  no option redispatch
  retries 1
  server only 127.0.0.1:${dead}
`,
  );
  const out = openSync(join(folder, 'raw.log'), 'w');
  const child = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], {
    stdio: ['ignore', out, 'ignore'],
  });
  try {
    while (!(await isListening({ port: front, host: '127.0.0.1' }))) await sleep(20);
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const get = async (path: string) => {
      const sent = request({ host: '127.0.0.1', port: front, path, agent }).end();
      const [response] = await once(sent, 'response');
      response.resume();
      await once(response, 'end');
      statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1;
      requests++;
    };
    const paths = Array.from({ length: 120 }, (_, i) => `/chat?i=${i}`);
    await Promise.all([...paths, '/missing', '/a"b{c|d', '/deny', '/deny', '/nobody', '/stubborn'].map(get));
    agent.destroy();
    // A line is written when the request is over, which the client may know before.
    const raw = () => readFileSync(join(folder, 'raw.log'));
    for (let i = 0; i < 100; i++) {
      if (Math.min(linesOf(raw()), linesOf(Buffer.concat(datagrams))) >= requests) break;
      await sleep(20);
    }
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    closeSync(out);
    syslog.close();
  }
  writeFileSync(join(folder, 'syslog.log'), Buffer.concat(datagrams));
}

function linesOf(log: Buffer): number {
  return log.toString().split('\n').length - 1;
}

describe.skipIf(!hasHaproxy && !required)('logs of real HAProxy', () => {
  beforeAll(writeLogs);
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['raw.log', 'syslog.log'])('count in %s what the servers and the client counted', async (name) => {
    const path = join(folder, name);
    const { tally, attempts, unmatched, records } = await readLog({ paths: [path] });
    expect(unmatched.first).toEqual([]);
    expect(records).toBe(requests);
    const counts = Object.fromEntries(tally.cells.slice(1).map(({ address, count }) => [address, count]));
    expect(counts).toEqual({ ...received, only: 1 });
    // The one retry of the pool that may not redispatch was at the server that the line names.
    expect(attempts?.get('only')).toBe(2);
    expect([tally.counters.notProxied, tally.counters.noBackendLeft]).toEqual([2, 1]);
    expect(tally.statusCounts()).toEqual(statuses);
  });

  it('tells of redispatches, and times what one server alone took', async () => {
    const path = join(folder, 'raw.log');
    const redispatched = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => /\/\+\d+ \d+\/\d+ "/.test(line)).length;
    expect(redispatched).toBeGreaterThan(20);
    const { tally } = await readLog({ paths: [path] });
    const served = names.reduce((sum, name) => sum + (received[name] ?? 0), 0);
    const timed = tally.overall('service');
    expect(timed.count).toBe(served - redispatched);
    expect(timed.minUs).toBeGreaterThanOrEqual(4000);
  });
});
