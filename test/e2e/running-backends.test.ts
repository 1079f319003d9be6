import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeWithNginx } from '../integration/real-nginx.js';
import { freePorts } from '../lab/free-port.js';
import { CountingBackends } from './counting-backends.js';
import { Workplace } from './lbbench.js';

let backends: CountingBackends;
let workplace: Workplace;
beforeAll(async () => {
  backends = await CountingBackends.start(2);
});
afterAll(() => backends.close());
beforeEach(() => {
  workplace = new Workplace();
  backends.forget();
});
afterEach(() => workplace.remove());

function lab(balancer: string, servers: readonly string[]): string {
  return `lab: { balancer: ${balancer}, backends: running, servers: ${JSON.stringify(servers)} }\n`;
}

const mix = `load: { requests: 300, concurrency: 6, sourceAddresses: "127.0.{1..20}.1" }
requests:
  - { path: "/item/{1..90}", weight: 2 }
  - { method: POST, path: /chat, json: { message: "Hi" } }
`;

function servesOwnBackends(balancer: 'nginx' | 'embedded') {
  it('runs every method, in rounds, over the same backends, which it leaves running', async () => {
    const [first = '', second = ''] = backends.addresses;
    const { report, code, stderr } = await workplace.run(
      `${lab(balancer, [`${first} weight=2`, second])}${mix}repeat: 2
algorithms: [round_robin, least_conn, ip_hash, "hash $request_uri consistent", random two least_conn]\n`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(report.runs).toHaveLength(10);
    const counts: Record<string, number> = {};
    for (const run of report.runs) {
      expect(run.status).toEqual({ 200: 300 });
      expect(run.unattributed).toBe(0);
      expect(run.backends.map(({ address, weight }) => [address, weight])).toEqual([
        [first, 2],
        [second, 1],
      ]);
      for (const { address, count } of run.backends) counts[address] = (counts[address] ?? 0) + count;
      if (/hash/.test(run.algorithm ?? ''))
        expect(run.prediction).toMatchObject({ checked: 300, asPredicted: 300 });
    }
    expect(backends.counts()).toEqual(counts);
    expect(report.runs[0]?.backends.map(({ count }) => count)).toEqual([200, 100]);
    expect(Object.keys(backends.requests())).toContain('POST /chat application/json {"message":"Hi"}');
    expect(readdirSync(workplace.temporary)).toEqual([]);
  });

  it('takes a host name, whose addresses are what the report tells', async () => {
    const [first = ''] = backends.addresses;
    const port = first.split(':')[1];
    const { report, code } = await workplace.run(
      `${lab(balancer, [`localhost:${port}`])}load: { requests: 20 }\n`,
    );
    expect(code).toBe(0);
    expect(report.runs[0]?.backends.map(({ address }) => address)).toEqual([first]);
  });

  it('tells who served by its own header, whatever the backend says', async () => {
    const server: Server = createServer((_, response) => {
      response.setHeader('X-Upstream', '10.9.9.9:1');
      response.end('mine');
    });
    const socket = join(workplace.folder, 'own.sock');
    server.listen(socket);
    await once(server, 'listening');
    try {
      const { report } = await workplace.run(`${lab(balancer, [`unix:${socket}`])}load: { requests: 20 }\n`);
      expect(report.runs[0]?.backends.map(({ address, count }) => [address, count])).toEqual([
        [`unix:${socket}`, 20],
      ]);
    } finally {
      server.close();
    }
  });

  it('names each server that does not answer, before anything is sent', async () => {
    const [first = ''] = backends.addresses;
    const [dead, down] = await freePorts(2);
    const file = workplace.write(
      'scenario.yaml',
      lab(balancer, [first, `127.0.0.1:${dead}`, 'unix:/nowhere.sock', `127.0.0.1:${down} down`]),
    );
    expect(await workplace.lbbench(['run', file])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: `lab.servers: expected all 3 servers to accept connections, but 127.0.0.1:${dead} (nothing listens there), unix:/nowhere.sock (there is no such socket) do not
    hint: start what is missing, or mark it down in its line to measure without it
`,
    });
    expect(backends.requests()).toEqual({});
  });
}

describeWithNginx('nginx in front of backends that run already', () => servesOwnBackends('nginx'));
describe('the embedded balancer in front of backends that run already', () => servesOwnBackends('embedded'));
