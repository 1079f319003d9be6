import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createSecureServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { nativeEngine } from '../../../src/engine/native/native-engine.js';
import { LbbenchError } from '../../../src/model/fault.js';
import type { Target, TlsPlan, WireName } from '../../../src/model/plan.js';
import { pem } from '../../fixtures/tls.js';
import { jobFor, wires } from './load-jobs.js';

const answer: RequestListener = (_request, response) => {
  response.setHeader('X-Upstream', '127.0.0.1:8001');
  response.end('hello');
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function tlsServer(options: ServerOptions = {}, listener = answer): Promise<number> {
  const server = createTlsServer({ key: pem('server.key'), cert: pem('server.pem'), ...options }, listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const verified: TlsPlan = {
  verify: true,
  serverName: undefined,
  ca: pem('ca.pem'),
  cert: undefined,
  key: undefined,
  ciphers: undefined,
  minVersion: undefined,
  maxVersion: undefined,
};

function run(port: number, target: Partial<Target>, wire: WireName = 'node') {
  const job = jobFor(port, { timeoutMs: 5000, wire });
  return nativeEngine.run({ ...job, target: { ...job.target, ...target } }, {});
}

describe('TLS', () => {
  it('refuses a certificate that nobody vouches for', async () => {
    const { tally } = await run(await tlsServer(), { tls: { ...verified, ca: undefined } });
    expect(tally.outcomeCounts()).toMatchObject({ started: 20, connectErrors: 20 });
    expect(tally.errors.entries()[0]?.[0]).toMatch(/certificate/);
  });

  it('takes it when its authority is given, or with insecure', async () => {
    const port = await tlsServer();
    for (const tls of [verified, { ...verified, ca: undefined, verify: false }]) {
      const { tally, first } = await run(port, { tls });
      expect(tally.responses).toBe(20);
      expect(tally.clocks.connect.count).toBe(4);
      expect(first?.tls).toMatchObject({ protocol: 'TLSv1.3', cipherBits: 256, keyBits: 2048 });
    }
  });

  it('refuses a certificate made out to another name', async () => {
    // 127.0.0.2 is not among the certificate's names, though the server answers there on Linux.
    const server = createTlsServer({ key: pem('server.key'), cert: pem('server.pem') }, answer);
    servers.push(server);
    server.listen(0, '127.0.0.2');
    await once(server, 'listening');
    const { tally } = await run((server.address() as AddressInfo).port, { host: '127.0.0.2', tls: verified });
    expect(tally.outcomeCounts()).toMatchObject({ connectErrors: 20 });
  });

  it('sends the server name it is told', async () => {
    const names = new Set<unknown>();
    const port = await tlsServer({}, (request, response) => {
      names.add((request.socket as TLSSocket & { servername?: string }).servername);
      answer(request, response);
    });
    await run(port, { tls: { ...verified, serverName: 'server.test' } });
    expect([...names]).toEqual(['server.test']);
  });

  it('shows a client certificate', async () => {
    const port = await tlsServer({ ca: pem('ca.pem'), requestCert: true, rejectUnauthorized: true });
    const without = await run(port, { tls: verified });
    expect(without.tally.responses).toBe(0);
    const { tally } = await run(port, {
      tls: { ...verified, cert: pem('client.pem'), key: pem('client.key') },
    });
    expect(tally.responses).toBe(20);
  });

  it.each<[string, SecureVersion, boolean, string]>([
    ['complete', 'TLSv1.2', true, ''],
    ['complete', 'TLSv1.3', true, ''],
    ['closed', 'TLSv1.2', false, ''],
    ['closed', 'TLSv1.3', false, ''],
    ['complete', 'TLSv1.3', false, 'Connection: close\r\nContent-Length: 5\r\n'],
  ])(
    'counts a body as %s that ends over %s, close_notify: %s, %s',
    async (expected, version, isTold, length) => {
      const options = { key: pem('server.key'), cert: pem('server.pem'), maxVersion: version };
      const server = createSecureServer(options, (socket) => {
        socket.on('error', () => {});
        socket.once('data', () => {
          const text = `HTTP/1.1 200 OK\r\nX-Upstream: 127.0.0.1:8001\r\n${length}\r\nhello`;
          if (isTold) socket.end(text);
          else socket.write(text, () => connectionOf.get(socket.remotePort)?.end());
        });
      });
      const connectionOf = new Map<number | undefined, Socket>();
      server.on('connection', (socket: Socket) => connectionOf.set(socket.remotePort, socket));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { tally } = await run((server.address() as AddressInfo).port, { tls: verified });
      server.close();
      const counts = tally.outcomeCounts();
      expect(counts).toMatchObject(expected === 'complete' ? { responses: 20 } : { closed: 20 });
      expect(tally.errors.entries().map(([text]) => text)).toEqual(
        expected === 'complete' ? [] : ['ended without close_notify, so the body may be cut short'],
      );
    },
  );

  it('opens a connection a request without keep-alive', async () => {
    const port = await tlsServer();
    const job = jobFor(port, { keepAlive: false, timeoutMs: 5000 });
    const { tally } = await nativeEngine.run({ ...job, target: { ...job.target, tls: verified } }, {});
    expect(tally.responses).toBe(20);
    expect(tally.clocks.connect.count).toBe(20);
  });
});

describe.each(wires)('other ways to the target over %s', (wire) => {
  it('goes through a unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lbbench-'));
    const socketPath = join(folder, 'a.sock');
    const server = createServer(answer);
    servers.push(server);
    server.listen(socketPath);
    await once(server, 'listening');
    const { tally } = await run(0, { socketPath }, wire);
    expect(tally.responses).toBe(20);
    rmSync(folder, { recursive: true });
  });

  it('speaks IPv6', async () => {
    const server = createServer(answer);
    servers.push(server);
    server.listen(0, '::1');
    await once(server, 'listening');
    const { tally } = await run((server.address() as AddressInfo).port, { host: '::1' }, wire);
    expect(tally.responses).toBe(20);
  });

  it('finds the address of a name that answers', async () => {
    // `localhost` is ::1 and 127.0.0.1 on most machines; this server has only the second.
    const server = createServer(answer);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { tally } = await run((server.address() as AddressInfo).port, { host: 'localhost' }, wire);
    expect(tally.responses).toBe(20);
  });

  it('says so when a name does not resolve', async () => {
    const error = await run(1, { host: 'does-not-exist.invalid' }, wire).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(LbbenchError);
    expect((error as LbbenchError).message).toMatch(
      /^expected a host name that resolves, got "does-not-exist.invalid"/,
    );
  });
});
