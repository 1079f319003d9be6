import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startEmbedded } from '../../src/lab/balancer/embedded.js';
import { type Lab, startLab } from '../../src/lab/lab.js';
import type { LabPlan } from '../../src/model/plan.js';
import type { Warning } from '../../src/model/warning.js';
import { type Asked, ask, countUpstreams } from '../lab/count-upstreams.js';
import { algorithm, labPlan, labServer } from '../lab/lab-plan.js';
import { describeWithNginx } from './real-nginx.js';

const open: { close(): unknown }[] = [];
const warnings: Warning[] = [];

async function start(plan: LabPlan, first = 'round_robin'): Promise<Lab> {
  const onWarning = (warning: Warning) => warnings.push(warning);
  const lab = await startLab(plan, { seed: 1, algorithm: algorithm(first), onWarning });
  open.push(lab);
  return lab;
}

afterEach(async () => {
  warnings.length = 0;
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** A balancer in front of a server of the test's own. */
async function inFrontOf(
  listener: RequestListener,
  timeoutMs = 60_000,
): Promise<{ port: number; log: string }> {
  const server = createHttpServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  open.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  const { port } = server.address() as AddressInfo;
  return balancerOf([`127.0.0.1:${port}`], timeoutMs);
}

async function balancerOf(
  servers: readonly string[],
  timeoutMs = 60_000,
): Promise<{ port: number; log: string }> {
  const balancer = await startEmbedded({
    poolName: 'backend',
    servers: servers.map((text) => labServer(text).line),
    algorithm: algorithm('round_robin'),
    seed: 1,
    port: 0,
    timeoutMs,
  });
  open.push(balancer);
  return { port: balancer.port, log: balancer.accessLog };
}

describe('the lab with the embedded balancer', () => {
  it('spreads 3:2 exactly, and the backends count what the header says', async () => {
    const lab = await start(await labPlan(['weight=3', 'weight=2']));
    expect(lab.balancer).toBe('embedded');
    const counts = await countUpstreams(lab.target.port, 500);
    const [a = '', b = ''] = lab.servers.map(({ line }) => line.address);
    expect(counts).toEqual({ [a]: 300, [b]: 200 });
    expect(await lab.backendCounts()).toEqual(counts);
  });

  it('repeats its random picks for the same seed', async () => {
    const lab = await start(await labPlan(['', '', '']));
    const picks = async () => {
      await lab.use(algorithm('random'));
      const seen: unknown[] = [];
      for (let index = 0; index < 20; index++) seen.push((await ask(lab.target.port)).upstream);
      return seen;
    };
    const first = await picks();
    expect(new Set(first).size).toBeGreaterThan(1);
    expect(await picks()).toEqual(first);
  });

  it('refuses a key that the models do not know, and goes on as before', async () => {
    const lab = await start(await labPlan(['']));
    await expect(lab.use(algorithm('hash $request_id'))).rejects.toMatchObject({ kind: 'usage' });
    expect((await ask(lab.target.port)).status).toBe(200);
  });

  it('warns that workers are for nginx', async () => {
    await start(await labPlan([''], { workers: 4 }));
    expect(warnings.map(({ code }) => code)).toEqual(['configuration']);
  });

  it('says that a port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      await expect(start(await labPlan([''], { port }))).rejects.toMatchObject({
        message: `expected to start the embedded balancer on 127.0.0.1:${port}, but it is already in use`,
      });
    } finally {
      other.close();
    }
  });

  it('names every port that is in use, and starts nothing', async () => {
    const plan = await labPlan(['', '', '']);
    const [first, second] = plan.servers;
    const others = await start({ ...plan, servers: plan.servers.slice(0, 2) });
    await expect(start(plan)).rejects.toMatchObject({
      faults: [first, second].map((server) => ({
        message: `expected to start a demo backend on ${server?.line.address}, but it is already in use`,
      })),
    });
    await others.close();
    expect((await start(plan)).pids).toHaveLength(4);
  });
});

describe('the embedded balancer', () => {
  it('streams a response while it is still being made', async () => {
    const { port } = await inFrontOf((_, response) => {
      response.write('one');
      setTimeout(() => response.end('two'), 300);
    });
    const chunks = await new Promise<string[]>((resolve, reject) => {
      const seen: string[] = [];
      request({ host: '127.0.0.1', port, agent: false }, (response) => {
        response.setEncoding('utf8').on('data', (text: string) => seen.push(text));
        response.on('end', () => resolve(seen));
      })
        .on('error', reject)
        .end();
    });
    expect(chunks).toEqual(['one', 'two']);
  });

  it.each([
    ['a status that is none', 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n'],
    ['a reason of control characters', 'HTTP/1.1 200 \u00e9\u0001\r\nContent-Length: 0\r\n\r\n'],
    ['a protocol that nobody asked for', 'HTTP/1.1 101 Now\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
  ])('answers 502 to %s, and goes on', async (_, bytes) => {
    const backend = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(bytes, 'latin1'));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => backend.once('listening', resolve));
    open.push(backend);
    const address = `127.0.0.1:${(backend.address() as AddressInfo).port}`;
    // A POST, which is tried once.
    const { port } = await balancerOf([`${address} max_fails=0`]);
    for (let i = 0; i < 2; i++) {
      const got = await ask(port, { method: 'POST', body: 'x' });
      expect(got).toMatchObject({ status: 502, upstream: address });
    }
  });

  it('streams a request body to the backend as it comes, chunked or not', async () => {
    const { port } = await inFrontOf((incoming, response) => {
      // Answers the first piece before the rest was sent.
      incoming.once('data', (piece: Buffer) =>
        response.write(`${incoming.headers['transfer-encoding']} ${piece}`),
      );
      incoming.on('end', () => response.end(' end'));
    });
    const got = await new Promise<string>((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, method: 'POST', agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
          if (text.endsWith('first')) outgoing.end('second');
        });
        response.on('end', () => resolve(text));
      });
      outgoing.on('error', reject);
      outgoing.write('first');
    });
    expect(got).toBe('chunked first end');
  });

  it('lets nobody smuggle a request in a body whose framing Connection names', async () => {
    const seen: string[] = [];
    const { port } = await inFrontOf((incoming, response) => {
      incoming.resume().on('end', () => response.end('hello'));
      seen.push(incoming.url ?? '');
    });
    const inner = 'GET /smuggled HTTP/1.1\r\nHost: lb\r\n\r\n';
    const chunk = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
    const last = 'GET /last HTTP/1.1\r\nHost: lb\r\nConnection: close\r\n\r\n';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        `GET /a HTTP/1.1\r\nHost: lb\r\nConnection: Content-Length\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
      );
      socket.write(
        `GET /b HTTP/1.1\r\nHost: lb\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${last}`,
      );
    });
    await new Promise((resolve) => socket.resume().on('close', resolve));
    expect(seen).toEqual(['/a', '/b', '/last']);
  });

  it('passes large bodies both ways unchanged, with back pressure', async () => {
    const { port } = await inFrontOf((incoming, response) => {
      response.writeHead(200, { 'Content-Length': incoming.headers['content-length'] });
      incoming.pipe(response);
    });
    const body = Array.from({ length: 400_000 }, (_, index) => `${index},`).join('');
    const got = await ask(port, { method: 'POST', body });
    expect(got.body === body).toBe(true);
  });

  it('tells the backend who asked, and keeps connection headers to itself', async () => {
    const { port } = await inFrontOf((incoming, response) => {
      response.setHeader('X-Upstream', 'forged');
      response.setHeader('Keep-Alive', 'timeout=1');
      response.end(JSON.stringify(incoming.rawHeaders));
    });
    const got = await ask(port, {
      headers: {
        Host: 'lb.example',
        'X-Forwarded-For': '10.0.0.1',
        'X-Custom': 'kept',
        Connection: 'close, X-Hop',
        'X-Hop': 'dropped',
      },
    });
    expect(JSON.parse(got.body)).toEqual([
      ...['X-Custom', 'kept', 'Host', 'lb.example', 'X-Real-IP', '127.0.0.1'],
      ...['X-Forwarded-For', '10.0.0.1, 127.0.0.1', 'X-Forwarded-Proto', 'http', 'Connection', 'keep-alive'],
    ]);
    expect(got.upstream).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it('answers HEAD, 204 and 304 without a body on a connection that stays usable', async () => {
    const { port } = await inFrontOf((incoming, response) => {
      response.statusCode = Number(incoming.url?.slice(1));
      if (response.statusCode === 200) response.setHeader('Content-Length', 5);
      response.end(response.statusCode === 200 ? 'hello' : undefined);
    });
    const text = await new Promise<string>((resolve, reject) => {
      let seen = '';
      const socket = connect(port, '127.0.0.1');
      socket.setEncoding('latin1').on('data', (piece: string) => {
        seen += piece;
      });
      socket.on('error', reject);
      socket.on('end', () => resolve(seen));
      const ends = ' HTTP/1.1\r\nHost: lb\r\n\r\n';
      const last = ' HTTP/1.1\r\nHost: lb\r\nConnection: close\r\n\r\n';
      socket.write(`HEAD /200${ends}GET /204${ends}GET /304${ends}GET /200${last}`);
    });
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual([
      '200',
      '204',
      '304',
      '200',
    ]);
    expect(text.match(/hello/g)).toHaveLength(1);
  });

  it('answers HTTP/1.0 as ab sends it, with and without keep-alive', async () => {
    const { port } = await inFrontOf((_, response) => response.end('hello'));
    const converse = (text: string) =>
      new Promise<string>((resolve, reject) => {
        let seen = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(text));
        socket.setEncoding('latin1').on('data', (piece: string) => {
          seen += piece;
        });
        socket.on('error', reject);
        socket.on('end', () => resolve(seen));
      });
    const once = await converse('GET / HTTP/1.0\r\nHost: lb\r\n\r\n');
    expect(once).toMatch(/\r\nX-Upstream: 127\.0\.0\.1:\d+\r\n/);
    expect(once).toMatch(/hello$/);
    const kept = 'GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: lb\r\n\r\n';
    const twice = await converse(`${kept}GET / HTTP/1.0\r\nHost: lb\r\n\r\n`);
    expect(twice.match(/hello/g)).toHaveLength(2);
  });

  it('goes to the next server when one refuses, and repeats even a POST that was not sent', async () => {
    const plan = await labPlan(['', '']);
    const lab = await start(plan);
    const [a = '', b = ''] = plan.servers.map(({ line }) => line.address);
    await lab.act({ backend: a, action: 'stop' });
    const post = await ask(lab.target.port, { path: '/chat', method: 'POST', body: '{"message":"x"}' });
    expect(post).toMatchObject({ status: 200, upstream: `${a}, ${b}` });
  });

  it('does not repeat a POST that a server has seen, but does repeat a GET', async () => {
    const breaking = createServer((socket) => {
      socket.once('data', () => socket.destroy());
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => breaking.once('listening', resolve));
    open.push({ close: () => breaking.close() });
    const { port: broken } = breaking.address() as AddressInfo;
    const plan = await labPlan(['']);
    await start(plan);
    const healthy = plan.servers[0]?.line.address ?? '';
    const { port } = await balancerOf([`127.0.0.1:${broken} max_fails=0`, healthy]);
    expect(await ask(port, { method: 'POST', path: '/chat', body: '{"message":"x"}' })).toMatchObject({
      status: 502,
      upstream: `127.0.0.1:${broken}`,
    });
    expect((await ask(port)).upstream).toBe(healthy);
    expect(await ask(port)).toMatchObject({ status: 200, upstream: `127.0.0.1:${broken}, ${healthy}` });
  });

  it('answers 504 when every server is silent, and 502 with the name of the pool when none is left', async () => {
    const plan = await labPlan(['', '']);
    const lab = await start(plan);
    const [a = '', b = ''] = plan.servers.map(({ line }) => line.address);
    const { port, log } = await balancerOf([a, b], 200);
    await lab.act({ backend: a, action: 'hang' });
    await lab.act({ backend: b, action: 'hang' });
    expect(await ask(port)).toMatchObject({ status: 504, upstream: `${a}, ${b}` });
    expect(await ask(port)).toMatchObject({ status: 502, upstream: 'backend' });
    await expect
      .poll(() => readFileSync(log, 'utf8'))
      .toMatch(
        new RegExp(
          `"GET / HTTP/1\\.1" 504 \\d+ "-" "-" "-" to: ${a}, ${b}\n.* 502 \\d+ "-" "-" "-" to: backend\n$`,
        ),
      );
  });

  it('breaks off a response that the backend breaks off', async () => {
    const { port } = await inFrontOf((_, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('only this', () => response.destroy());
    });
    await expect(ask(port)).rejects.toThrow('aborted');
  });

  it('lets the backend go when the client gives up, and logs 499', async () => {
    let backendSaw = 'nothing';
    const { port, log } = await inFrontOf((_, response) => {
      response.on('close', () => {
        backendSaw = 'close';
      });
    });
    const outgoing = request({ host: '127.0.0.1', port, agent: false }).on('error', () => {});
    outgoing.end();
    await sleep(100);
    outgoing.destroy();
    await expect.poll(() => backendSaw).toBe('close');
    await expect.poll(() => readFileSync(log, 'utf8')).toMatch(/ 499 0 /);
  });

  it('survives garbage', async () => {
    const { port } = await inFrontOf((_, response) => response.end('hello'));
    for (const text of [
      '\x16\x03\x01',
      'GET\r\n\r\n',
      'GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
      'CONNECT a:1 HTTP/1.1\r\n\r\n',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(text));
        socket.on('error', () => {});
        socket.on('data', () => {});
        socket.on('close', () => resolve());
      });
    }
    expect(await ask(port, { path: '/%zz' })).toMatchObject({ status: 400 });
    expect(await ask(port)).toMatchObject({ status: 200, body: 'hello' });
  });
});

describeWithNginx('the embedded balancer, beside real nginx,', () => {
  const asked: Asked[] = Array.from({ length: 60 }, (_, index) => ({
    path: `/item/${index}?user=${index % 7}`,
    localAddress: process.platform === 'linux' ? `127.${index % 11}.5.1` : '127.0.0.1',
  }));

  async function picks(plan: LabPlan, texts: readonly string[]): Promise<Record<string, unknown[]>> {
    const lab = await start(plan);
    const [first = ''] = plan.servers.map(({ line }) => line.address);
    const seen: Record<string, unknown[]> = {};
    for (const text of texts) {
      await lab.use(algorithm(text));
      const list: unknown[] = [];
      for (const one of asked) {
        if (list.length === 20) await lab.act({ backend: first, action: 'stop' });
        const { status, upstream } = await ask(lab.target.port, one);
        list.push(`${status} ${upstream}`);
      }
      await lab.act({ backend: first, action: 'start' });
      seen[text] = list;
    }
    await lab.close();
    return seen;
  }

  it('picks the same servers for the same requests, also when one of them stops', async () => {
    const texts = [
      'round_robin',
      'least_conn',
      'ip_hash',
      'hash $request_uri',
      'hash $arg_user consistent',
      'hash "$uri $remote_addr" consistent',
    ];
    const parameters = ['weight=3 fail_timeout=1h', 'weight=2', 'max_conns=5'];
    const plan = await labPlan(parameters, { balancer: 'nginx' });
    expect(await picks({ ...plan, balancer: 'embedded' }, texts)).toEqual(await picks(plan, texts));
  });
});
