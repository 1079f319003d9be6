import { createServer, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestEncoder, type RequestFrame } from '../../src/engine/request-encoder.js';
import type { Body, RequestPlan } from '../../src/model/plan.js';

const frame: RequestFrame = {
  authority: 'balancer.test:8080',
  userAgent: 'lbbench/test',
  keepAlive: true,
  httpVersion: '1.1',
  pathPrefix: '',
};

const request: RequestPlan = { name: 'a', method: 'GET', path: '/', headers: [], body: undefined, weight: 1 };

function encoded(changes: Partial<RequestPlan> = {}, frameChanges: Partial<RequestFrame> = {}): string {
  const encoder = new RequestEncoder({ ...request, ...changes }, { ...frame, ...frameChanges }, 1);
  return encoder.encode(0).toString('latin1');
}

/** What Node's own HTTP server reads out of bytes that hold one request. */
interface Read {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly version: string;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

function readByNode(bytes: Buffer): Promise<Read> {
  return new Promise((resolve, reject) => {
    const server = createServer((incoming: IncomingMessage) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const { method, url, httpVersion, rawHeaders } = incoming;
        resolve({ method, url, version: httpVersion, rawHeaders, body: Buffer.concat(chunks) });
        socket.destroy();
      });
    });
    server.on('clientError', reject);
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    server.emit('connection', socket);
    socket.push(bytes);
  });
}

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);
/** Latin-1 without control characters, and without blanks at the ends, which a parser takes off. */
const value = fc
  .string({
    unit: fc
      .oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0xa0, max: 0xff }))
      .map((code) => String.fromCharCode(code)),
  })
  .filter((text) => text.trim() === text);
const header = fc.tuple(
  token.filter(
    (name) =>
      !/^(content-length|transfer-encoding|connection|host|expect|upgrade|user-agent|accept)$/i.test(name),
  ),
  value,
);
const body = fc.option(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes): Body => ({ kind: 'bytes', bytes })),
    fc
      .string({ unit: 'grapheme', maxLength: 100 })
      .map((text): Body => ({ kind: 'template', text: text.replaceAll('{', '') })),
  ),
  { nil: undefined },
);
const plan: fc.Arbitrary<RequestPlan> = fc.record({
  name: fc.constant('any'),
  method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'),
  path: fc.stringMatching(/^\/[0-9A-Za-z/%?&=._~-]{0,40}$/),
  headers: fc.array(header, { maxLength: 8 }),
  body,
  weight: fc.constant(1),
});

describe('the bytes of a request', () => {
  it('say to a parser what the plan says, whatever the plan', async () => {
    await fc.assert(
      fc.asyncProperty(plan, fc.nat(), async (planned, seed) => {
        const read = await readByNode(new RequestEncoder(planned, frame, seed).encode(seed));
        expect(read).toMatchObject({ method: planned.method, url: planned.path, version: '1.1' });
        const expectedBody =
          planned.body === undefined
            ? Buffer.alloc(0)
            : Buffer.from(
                'text' in planned.body ? planned.body.text : (planned.body as { bytes: Uint8Array }).bytes,
              );
        expect(read.body.equals(expectedBody)).toBe(true);
        const usesBody = planned.body !== undefined || ['POST', 'PUT', 'PATCH'].includes(planned.method);
        expect(read.rawHeaders).toEqual([
          ...['Host', 'balancer.test:8080', 'User-Agent', 'lbbench/test', 'Accept', '*/*'],
          ...planned.headers.flat(),
          ...(usesBody ? ['Content-Length', String(expectedBody.length)] : []),
        ]);
      }),
    );
  });

  it('are those of pathOf and bodyOf, for every request, kept or built anew', async () => {
    // 3 × 2 = 6 combinations are kept; 10^8 × 2 are not.
    for (const path of ['/a?user={1..3}', '/a?user={1..100000000}']) {
      const planned: RequestPlan = {
        ...request,
        method: 'POST',
        path,
        body: { kind: 'template', text: 'number {8..9}' },
      };
      const encoder = new RequestEncoder(planned, frame, 5);
      const bodies = new Set<string>();
      for (let index = 0; index < 40; index++) {
        const read = await readByNode(encoder.encode(index));
        expect(read.url).toBe(encoder.pathOf(index));
        expect(read.url).toMatch(/^\/a\?user=\d+$/);
        expect(read.body.equals(Buffer.from(encoder.bodyOf(index) ?? []))).toBe(true);
        bodies.add(read.body.toString());
        expect(encoder.encode(index).equals(new RequestEncoder(planned, frame, 5).encode(index))).toBe(true);
      }
      expect([...bodies].sort()).toEqual(['number 8', 'number 9']);
    }
  });

  it('are built once for each combination', () => {
    const encoder = new RequestEncoder({ ...request, path: '/{1..2}' }, frame, 1);
    const buffers = new Set(Array.from({ length: 100 }, (_, index) => encoder.encode(index)));
    expect(buffers.size).toBe(2);
  });

  it('draw in headers as in paths and bodies, kept where there are few', () => {
    const drawing: RequestPlan = {
      ...request,
      method: 'POST',
      path: '/{1..2}/{{a}}',
      headers: [
        ['X-User', 'u{1..3}'],
        ['Cookie', 'session=s{1..2}; theme={{b}}'],
      ],
      body: { kind: 'template', text: '{"c": "{{c}}"}' },
    };
    const few = new RequestEncoder(drawing, frame, 1);
    const texts = Array.from({ length: 200 }, (_, index) => few.encode(index).toString('latin1'));
    for (const text of texts) {
      expect(text).toMatch(
        /^POST \/[12]\/\{a\} [\s\S]*\r\nX-User: u[123]\r\nCookie: session=s[12]; theme=\{b\}\r\n[\s\S]*\r\n\{"c": "\{c\}"\}$/,
      );
    }
    expect(new Set(texts).size).toBe(12);
    expect(few.encode(7)).toBe(few.encode(texts.indexOf(texts[7] ?? '')));
    const many = new RequestEncoder({ ...drawing, headers: [['X-Id', '{uuid} {seq}']] }, frame, 1);
    expect(many.fieldsOf(4).at(-1)).toEqual(['X-Id', expect.stringMatching(/^[0-9a-f-]{36} 5$/)]);
    expect(many.encode(4).toString()).toContain(`\r\nX-Id: ${many.fieldsOf(4).at(-1)?.[1]}\r\n`);
    expect(many.isConstant).toBe(false);
  });

  it('hold no copy of a large constant body, but its length', () => {
    const bytes = Buffer.alloc(100_000, 'x');
    const encoder = new RequestEncoder(
      { ...request, path: '/{1..2}', body: { kind: 'bytes', bytes } },
      frame,
      1,
    );
    expect(encoder.sharedBody).toBe(bytes);
    expect(encoder.encode(0).toString()).toMatch(/\r\nContent-Length: 100000\r\n\r\n$/);
    expect(encoder.bodyOf(0)).toBe(bytes);
    const drawn = { kind: 'template', text: `{1..2}${bytes}` } as const;
    const drawing = new RequestEncoder({ ...request, body: drawn }, frame, 1);
    expect(drawing.sharedBody).toHaveLength(0);
    expect(drawing.encode(0).length).toBeGreaterThan(100_000);
  });

  it('are those of a plain GET', () => {
    expect(encoded()).toBe(
      'GET / HTTP/1.1\r\nHost: balancer.test:8080\r\nUser-Agent: lbbench/test\r\nAccept: */*\r\n\r\n',
    );
  });

  it.each<[string, string, Partial<RequestFrame>]>([
    ['says nothing of the connection when HTTP/1.1 keeps it', '', { keepAlive: true }],
    ['closes it on HTTP/1.1', 'Connection: close\r\n', { keepAlive: false }],
    ['asks HTTP/1.0 to keep it', 'Connection: Keep-Alive\r\n', { httpVersion: '1.0' }],
    ['says nothing on HTTP/1.0 otherwise', '', { httpVersion: '1.0', keepAlive: false }],
  ])('%s', (_name, line, changes) => {
    expect(/Connection: .*\r\n/.exec(encoded({}, changes))?.[0] ?? '').toBe(line);
  });

  it('have the header fields of the user in place of ours, whatever their case', () => {
    const headers = [
      ['host', 'other.test'],
      ['USER-AGENT', 'x'],
      ['accept', 'text/plain'],
      ['connection', 'close'],
    ] as const;
    expect(encoded({ headers })).toBe(
      'GET / HTTP/1.1\r\nhost: other.test\r\nUSER-AGENT: x\r\naccept: text/plain\r\nconnection: close\r\n\r\n',
    );
  });

  it('carry header values in Latin-1, one byte a character, and bodies in UTF-8', () => {
    const text = encoded({ headers: [['X-Name', 'é']], body: { kind: 'template', text: 'é' } });
    expect(text).toContain('X-Name: \xe9\r\n');
    expect(text.endsWith('Content-Length: 2\r\n\r\n\xc3\xa9')).toBe(true);
  });

  it('ask a proxy for the absolute form', () => {
    expect(encoded({ path: '/a' }, { pathPrefix: 'http://balancer.test' })).toMatch(
      /^GET http:\/\/balancer\.test\/a HTTP\/1\.1\r\n/,
    );
  });

  it('say that a POST has no body', () => {
    expect(encoded({ method: 'POST' })).toMatch(/\r\nContent-Length: 0\r\n\r\n$/);
    expect(encoded({ method: 'DELETE' })).not.toContain('Content-Length');
  });
});
