import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from '../../../src/lab/backend/backend.js';
import type { BackendBehaviour } from '../../../src/model/plan.js';
import { freePorts } from '../free-port.js';
import { isAlive } from '../processes.js';

const instant: BackendBehaviour = { latencyMs: 0, jitterMs: 0, slots: undefined };
const started: Backend[] = [];

async function start(address?: string, behaviour = instant): Promise<Backend> {
  const chosen = address ?? `127.0.0.1:${(await freePorts(1))[0]}`;
  const backend = await startBackend({ address: chosen, behaviour, seed: 1 });
  started.push(backend);
  return backend;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((backend) => backend.close()));
});

describe('a demo backend', () => {
  it('answers from a process of its own and counts what it received', async () => {
    const backend = await start();
    expect(backend.pid).not.toBe(process.pid);
    const port = backend.address.split(':')[1];
    expect(await (await fetch(`http://${backend.address}/`)).text()).toBe(`Response from: ${port}`);
    const chat = await fetch(`http://${backend.address}/chat`, { method: 'POST', body: '{"message":"hé"}' });
    expect(await chat.json()).toMatchObject({ response: 'Processed by chat API: HÉ', server: Number(port) });
    const completions = await fetch(`http://${backend.address}/completions`, {
      method: 'POST',
      body: '今天天气怎么样',
    });
    expect(await completions.json()).toMatchObject({ completions: [{ index: 0 }, { index: 1 }] });
    expect(await backend.count()).toBe(3);
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const { address } = await start();
    const [get, head] = await Promise.all(
      ['GET', 'HEAD'].map((method) => fetch(`http://${address}/`, { method })),
    );
    expect(head?.headers.get('content-length')).toBe(get?.headers.get('content-length'));
    expect(await head?.text()).toBe('');
  });

  it('answers 413 to a body above 1 MiB and keeps serving', async () => {
    const { address } = await start();
    const post = async (sizeBytes: number) =>
      (await fetch(`http://${address}/completions`, { method: 'POST', body: 'x'.repeat(sizeBytes) })).status;
    expect(await post(1_048_576)).toBe(200);
    expect(await post(1_048_577)).toBe(413);
    expect(await post(1)).toBe(200);
  });

  it('listens on IPv6 and on unix sockets, and removes the socket when it ends', async () => {
    const [port] = await freePorts(1, '::1');
    const v6 = await start(`[::1]:${port}`);
    expect(await (await fetch(`http://${v6.address}/`)).text()).toBe(`Response from: ${port}`);

    const folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
    try {
      const socketPath = join(folder, 'a.sock');
      const unix = await start(`unix:${socketPath}`);
      const body = await new Promise<string>((resolve, reject) => {
        request({ socketPath, path: '/' }, (response) => {
          response.setEncoding('utf8').on('data', resolve);
        })
          .on('error', reject)
          .end();
      });
      expect(body).toBe(`Response from: unix:${socketPath}`);
      await unix.close();
      expect(existsSync(socketPath)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('takes over the file of a unix socket that a killed server left behind, and leaves none itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
    try {
      const socket = join(folder, 'a.sock');
      const suicide = `net.createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
      spawnSync(process.execPath, ['-e', suicide]);
      expect(existsSync(socket)).toBe(true);
      const next = await start(`unix:${socket}`);
      expect(await next.count()).toBe(0);
      process.kill(next.pid ?? 0, 'SIGKILL');
      expect((await next.lost).message).toContain('was ended by SIGKILL');
      expect(existsSync(socket)).toBe(false);
    } finally {
      await Promise.all(started.splice(0).map((backend) => backend.close()));
      rmSync(folder, { recursive: true });
    }
  });

  it('takes its latency, and lets requests beyond its slots queue', async () => {
    const { address } = await start(undefined, { latencyMs: 50, jitterMs: 0, slots: 2 });
    const startMs = performance.now();
    await Promise.all(Array.from({ length: 5 }, async () => (await fetch(`http://${address}/`)).text()));
    // Five requests, two at a time, 50 ms each: three rounds. Timers may fire up to 1 ms early.
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(147);
  });

  it('stops, starts, hangs, slows down and errs when told to', async () => {
    const backend = await start();
    const get = (limitMs = 5_000) =>
      fetch(`http://${backend.address}/`, { signal: AbortSignal.timeout(limitMs) }).then(
        (response) => response.status,
        (error: Error) => error.name,
      );
    expect(await get()).toBe(200);
    await backend.act('stop');
    expect(await get()).toBe('TypeError'); // fetch's "fetch failed": refused
    await backend.act('start');
    expect(await get()).toBe(200);
    await backend.act('hang');
    expect(await get(200)).toBe('TimeoutError');
    await backend.act('error');
    expect(await get()).toBe(503);
    await backend.act('slow');
    const startMs = performance.now();
    expect(await get()).toBe(200);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(99);
    await backend.act('stop');
    await backend.act('start');
    expect(await get()).toBe(200);
    // All but the refused one.
    expect(await backend.count()).toBe(6);
  });

  it('says which address is taken and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      await expect(start(`127.0.0.1:${port}`)).rejects.toMatchObject({
        kind: 'unmeasurable',
        faults: [
          {
            path: 'lab',
            message: `expected to start a demo backend on 127.0.0.1:${port}, but it is already in use`,
            hint: 'stop the program that listens there or choose another port',
          },
        ],
      });
    } finally {
      other.close();
    }
  });

  it.each(['localhost:8001', '127.0.0.1:0', '127.0.0.1:99999', '[127.0.0.1]:80', 'unix:', '; rm'])(
    'refuses %j as an address',
    async (address) => {
      await expect(start(address)).rejects.toMatchObject({ kind: 'usage' });
    },
  );

  it('leaves no process behind', async () => {
    const backend = await start();
    const pid = backend.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    await backend.close();
    expect(isAlive(pid)).toBe(false);
    await expect(backend.count()).rejects.toMatchObject({ kind: 'unmeasurable' });
  });
});
