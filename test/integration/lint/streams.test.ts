import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:http2';
import { request } from 'node:https';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithNginx } from '../real-nginx.js';
import { Backends } from './backends.js';
import type { Client } from './client.js';
import { serving } from './site.js';

const tls = resolve(import.meta.dirname, '../../fixtures/tls');
/** Long enough for an event that comes at once, even on a busy machine. */
const waitMs = 1_000;

let backends: Backends;
beforeAll(async () => {
  backends = await Backends.start(1);
});
afterEach(() => backends.reset());
afterAll(() => backends.close());

function site(location: string, server = ''): string {
  return `http {
    ssl_certificate ${tls}/server.pem;
    ssl_certificate_key ${tls}/server.key;
    upstream vllm { server ${backends.addresses[0]}; }
    server {
        listen 127.0.0.1:PORT ${server};
        location / { proxy_pass http://vllm; ${location} }
    }
}
`;
}

const long = 'proxy_read_timeout 600s;';

/** Starts a stream of one event on the backend; what it is written to comes with the request. */
function streamOneEvent(): Promise<ServerResponse> {
  return new Promise((settle) => {
    backends.answer((response) => {
      response.setHeader('Content-Type', 'text/event-stream');
      response.write(`data: {"content":"${'word '.repeat(40)}"}\n\n`);
      settle(response);
    });
  });
}

/** Whether the first event of a stream comes before the backend ends it, or only with the end. */
async function firstEvent(stream: Promise<Readable>): Promise<'at once' | 'with the end'> {
  const answering = streamOneEvent();
  let hasCome = false;
  const seen = stream.then(async (body) => {
    const came = once(body, 'data').then(() => {
      hasCome = true;
    });
    await came;
  });
  const response = await answering;
  await Promise.race([seen, sleep(waitMs)]);
  const before = hasCome;
  response.end();
  await seen;
  return before ? 'at once' : 'with the end';
}

/** By HTTP/1.1 over TLS, as most libraries for LLM services ask. */
function overTls({ port }: Client): Promise<IncomingMessage> {
  const ca = readFileSync(`${tls}/ca.pem`);
  return new Promise((settle, reject) => {
    const sent = request({ host: '127.0.0.1', port, ca, agent: false, checkServerIdentity: () => undefined });
    sent.once('response', settle).once('error', reject).end();
  });
}

describeWithNginx('a stream', () => {
  it('waits in the buffer of an answer by HTTP/1.0', async () => {
    const event = (client: Client) => firstEvent(client.head('/'));
    expect(await serving({ config: site(long), finds: ['stream-buffered'] }, event)).toBe('with the end');
    const mended = site(`${long} proxy_buffering off;`);
    expect(await serving({ config: mended, finds: [] }, event)).toBe('at once');
    const newer = site(`${long} proxy_http_version 1.1;`);
    expect(await serving({ config: newer, finds: [] }, event)).toBe('at once');
  });

  it('passes at once when the server says so', async () => {
    await serving({ config: site(long), finds: ['stream-buffered'] }, async (client) => {
      const body = client.head('/');
      const response = await streamOneEventWith({ 'X-Accel-Buffering': 'no' });
      expect(String((await once(await body, 'data'))[0])).toContain('word');
      response.end();
    });
  });

  it('waits for a whole record of TLS', async () => {
    const event = (client: Client) => firstEvent(overTls(client));
    const config = site(`${long} proxy_http_version 1.1;`, 'ssl');
    expect(await serving({ config, finds: ['stream-buffered-by-tls'] }, event)).toBe('with the end');
    const mended = site(`${long} proxy_http_version 1.1; proxy_buffering off;`, 'ssl');
    expect(await serving({ config: mended, finds: [] }, event)).toBe('at once');
  });

  it('does not wait for it by HTTP/2', async () => {
    const config = site(`${long} proxy_http_version 1.1;`, 'ssl http2');
    await serving({ config, finds: ['stream-buffered-by-tls'] }, async ({ port }) => {
      const session = connect(`https://127.0.0.1:${port}`, {
        ca: readFileSync(`${tls}/ca.pem`),
        checkServerIdentity: () => undefined,
      });
      const stream = session.request({ ':path': '/' });
      expect(await firstEvent(Promise.resolve(stream))).toBe('at once');
      session.destroy();
    });
  });

  it('is held back by gzip', async () => {
    const event = (client: Client) =>
      firstEvent(client.head('/', { headers: { 'Accept-Encoding': 'gzip' } }));
    const gzip = `${long} proxy_http_version 1.1; gzip on; gzip_types text/event-stream;`;
    expect(await serving({ config: site(gzip), finds: ['stream-compressed'] }, event)).toBe('with the end');
    const mended = site(`${gzip} proxy_buffering off;`);
    expect(await serving({ config: mended, finds: [] }, event)).toBe('at once');
  });

  it('is cut after a silence, and its server counted as failed if its head had not come', async () => {
    const silent = (client: Client) => {
      backends.answer((response) => setTimeout(() => response.end('late'), 1_500));
      return client.get('/');
    };
    const afterHead = (client: Client) => {
      backends.answer((response) => {
        response.flushHeaders();
        setTimeout(() => response.end('late'), 1_500);
      });
      return client.get('/');
    };
    const short = site('proxy_buffering off; proxy_http_version 1.1; proxy_read_timeout 1s;');
    await serving({ config: short, finds: ['stream-cut'] }, async (client) => {
      expect(await silent(client)).toMatchObject({ status: 504 });
      expect(await afterHead(client)).toMatchObject({ status: 200, body: '', isWhole: false });
    });
    await serving({ config: site(`proxy_buffering off; ${long}`), finds: [] }, async (client) => {
      expect(await silent(client)).toMatchObject({ status: 200, body: 'late' });
      expect(await afterHead(client)).toMatchObject({ status: 200, body: 'late', isWhole: true });
    });
  });
});

function streamOneEventWith(headers: Readonly<Record<string, string>>): Promise<ServerResponse> {
  return new Promise((settle) => {
    backends.answer((response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.setHeader('Content-Type', 'text/event-stream');
      response.write('data: word\n\n');
      settle(response);
    });
  });
}
