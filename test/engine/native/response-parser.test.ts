import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadMemory } from '../../../src/engine/native/head-memory.js';
import { ResponseParser } from '../../../src/engine/native/response-parser.js';
import { type Parsed, parseWithNode } from './node-parser.js';

/** Feeds the pieces one after the other, then the end of the connection, as the engine does. */
function parse(
  pieces: readonly Buffer[],
  method = 'GET',
  memory = new HeadMemory(),
): Parsed & { leftover: number; problem: string } {
  const parser = new ResponseParser('x-upstream', memory);
  const body: Buffer[] = [];
  parser.bodySink = { append: (buffer, start, end) => body.push(Buffer.from(buffer.slice(start, end))) };
  parser.reset(method === 'HEAD');
  let leftover = 0;
  let label: string | undefined;
  let labelled = false;
  for (const piece of pieces) {
    // The engine reads into one shared buffer, so every piece is overwritten as soon as it has been parsed.
    const shared = Buffer.from(piece);
    leftover += piece.length - parser.execute(shared, 0, shared.length);
    if (parser.headComplete && !labelled) {
      labelled = true;
      if (parser.head.labelCount > 0) {
        label = Buffer.from(
          parser.head.labelBuffer.slice(parser.head.labelStart, parser.head.labelEnd),
        ).toString('latin1');
      }
    }
    shared.fill(0x58);
  }
  parser.end();
  const problem = parser.done ? '' : parser.problem || 'incomplete';
  return {
    status: parser.head.status,
    body: Buffer.concat(body).toString('latin1'),
    label,
    leftover,
    problem,
  };
}

const response = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');

const token = fc
  .stringMatching(/^[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,12}$/)
  .filter(
    (name) =>
      !/^(content-length|transfer-encoding|connection|upgrade|proxy-connection|x-upstream)$/i.test(name),
  );
const value = fc.stringMatching(/^[\x20-\x7e\x80-\xff]{0,30}$/);
const field = fc.tuple(token, value).map(([name, text]) => `${name}: ${text}\r\n`);
const body = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

const chunks = fc.array(
  fc.tuple(
    body.filter((text) => text !== ''),
    fc.constantFrom('', ';a=b', ';x'),
  ),
  { maxLength: 4 },
);

/**
 * Where this parser and Node's differ on purpose. Stricter: control characters in a reason phrase, a bare CR or LF
 * before the status line, status codes below 100. Laxer: the inside of a chunk extension, which has no meaning here;
 * a tab behind a length, which RFC 9110 allows; a 1xx response in HTTP/1.0.
 */
function differsOnPurpose(text: string, problem: string, nodeAccepts: boolean): boolean {
  return nodeAccepts
    ? /reason phrase|below 100/.test(problem) || /(^|\r\n\r\n)[\r\n]+HTTP/.test(text) || /^[\r\n]/.test(text)
    : /[;\t]/.test(text) || /HTTP\/1\.0 1/.test(text);
}

interface Valid {
  readonly text: string;
  readonly method: string;
}

const valid: fc.Arbitrary<Valid> = fc
  .record({
    version: fc.constantFrom('1.1', '1.0'),
    status: fc.constantFrom(200, 201, 204, 206, 301, 304, 404, 500, 503),
    reason: fc.constantFrom(' OK', ' Not Found', ' ', ''),
    fields: fc.array(field, { maxLength: 5 }),
    labels: fc.array(fc.constantFrom('127.0.0.1:8001', '127.0.0.1:8001, 127.0.0.1:8002', '[::1]:80', '-'), {
      maxLength: 2,
    }),
    connection: fc.constantFrom('', 'Connection: close\r\n', 'connection: Keep-Alive\r\n'),
    interim: fc.constantFrom(
      '',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n',
    ),
    framing: fc.oneof(
      body.map((text) => ({ head: `Content-Length: ${text.length}\r\n`, text })),
      chunks.map((list) => ({
        head: 'Transfer-Encoding: chunked\r\n',
        text: `${list.map(([data, extension]) => `${data.length.toString(16)}${extension}\r\n${data}\r\n`).join('')}0\r\n\r\n`,
      })),
      body.map((text) => ({ head: '', text })),
    ),
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST'),
  })
  .map(({ version, status, reason, fields, labels, connection, interim, framing, method }) => {
    const head = `${interim}HTTP/${version} ${status}${reason}\r\n${fields.join('')}${labels
      .map((text) => `X-Upstream: ${text}\r\n`)
      .join('')}${connection}${framing.head}\r\n`;
    const bodiless = method === 'HEAD' || status === 204 || status === 304;
    return { text: head + (bodiless ? '' : framing.text), method };
  });

describe('the response parser', () => {
  it('reads a response with a length', () => {
    const text = 'HTTP/1.1 200 OK\nX-Upstream: 127.0.0.1:8001\nContent-Length: 5\n\nhello';
    expect(parse([response(text)])).toEqual({
      status: 200,
      body: 'hello',
      label: '127.0.0.1:8001',
      leftover: 0,
      problem: '',
    });
  });

  it('reads the same from every split into two pieces, and byte by byte', () => {
    const texts = [
      'HTTP/1.1 200 OK\nX-Upstream:  127.0.0.1:8001 \nContent-Length: 5\n\nhello',
      'HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nx-upstream: a\nX-UPSTREAM: b\nTransfer-Encoding: chunked\n\n5;x=y\nhello\n0\nT: u\n\n',
      'HTTP/1.0 200 OK\nX-Upstream: b\n\nuntil the end',
    ];
    for (const text of texts) {
      const bytes = response(text);
      const whole = parse([bytes]);
      expect(whole.problem).toBe('');
      for (let at = 1; at < bytes.length; at++) {
        expect(parse([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
      }
      expect(parse([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole);
    }
  });

  it.each([
    [
      'an endless header',
      `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(20_000)}`,
      'header of more than 65536 bytes',
    ],
    [
      'one endless header line',
      `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(100_000)}`,
      'header of more than 65536 bytes',
    ],
    [
      'endless interim responses',
      'HTTP/1.1 100 Continue\r\n\r\n'.repeat(5000),
      'header of more than 65536 bytes',
    ],
    ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n', 'expected a status line, HTTP/1.0 or HTTP/1.1'],
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na',
      'more than one Content-Length',
    ],
    [
      'an endless chunk size',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'0'.repeat(20_000)}`,
      'chunk size line of more than 16384 bytes',
    ],
    [
      'a length beyond 2^53',
      'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n',
      'Content-Length that is not a number',
    ],
  ])('refuses %s', (_name, text, problem) => {
    expect(parse([Buffer.from(text, 'latin1')])).toMatchObject({ problem });
  });

  it('tells a response cut short from a whole one at every byte', () => {
    const bytes = response('HTTP/1.1 200 OK\nContent-Length: 5\n\nhello');
    for (let length = 0; length < bytes.length; length++) {
      expect(parse([bytes.subarray(0, length)]).problem).toBe('incomplete');
    }
  });

  it('agrees with the parser of Node on valid responses, split anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        valid,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
        async (made, cuts) => {
          const bytes = Buffer.from(made.text, 'latin1');
          const places = cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b);
          const pieces = [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
          const expected = await parseWithNode(bytes, made.method);
          expect(expected).toBeDefined();
          expect(parse(pieces, made.method)).toEqual({ ...expected, leftover: 0, problem: '' });
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('reads a head that it remembers as it read it first, and no other one for it', () => {
    const change = fc.record({
      response: fc.nat(3),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      byte: fc.option(fc.constantFrom(0, 10, 13, 32, 48, 49, 57, 97)),
      cut: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(valid, { minLength: 1, maxLength: 4 }),
        fc.array(change, { minLength: 1, maxLength: 30 }),
        (responses, changes) => {
          const memory = new HeadMemory();
          for (const { response: which, at, byte, cut } of changes) {
            const { text, method } = responses[which % responses.length] as Valid;
            const bytes = Buffer.from(text, 'latin1');
            const place = Math.floor(at * bytes.length);
            if (byte !== null) bytes[place] = byte;
            const pieces = cut ? [bytes.subarray(0, place), bytes.subarray(place)] : [bytes];
            expect(parse(pieces, method, memory)).toEqual(parse(pieces, method));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('agrees with the parser of Node on mutated responses: both refuse, or both read the same', async () => {
    const mutation = fc.record({
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      kind: fc.constantFrom('replace', 'insert', 'delete', 'duplicate', 'truncate'),
      byte: fc.oneof(fc.constantFrom(0, 9, 10, 13, 32, 44, 48, 57, 58, 59, 97, 127, 255), fc.nat(255)),
    });
    await fc.assert(
      fc.asyncProperty(valid, fc.array(mutation, { minLength: 1, maxLength: 3 }), async (made, mutations) => {
        let bytes = Buffer.from(made.text, 'latin1');
        for (const { at, kind, byte } of mutations) {
          const place = Math.floor(at * bytes.length);
          const before = bytes.subarray(0, place);
          const after = bytes.subarray(place);
          if (kind === 'replace') bytes = Buffer.concat([before, Buffer.from([byte]), after.subarray(1)]);
          else if (kind === 'insert') bytes = Buffer.concat([before, Buffer.from([byte]), after]);
          else if (kind === 'delete') bytes = Buffer.concat([before, after.subarray(1)]);
          else if (kind === 'duplicate') bytes = Buffer.concat([before, after.subarray(0, 20), after]);
          else bytes = Buffer.from(before);
        }
        const expected = await parseWithNode(bytes, made.method);
        const actual = parse([bytes], made.method);
        const { leftover, problem, ...read } = actual;
        const accepts = problem === '';
        // Bytes behind a response make the engine call it malformed; Node drops or ignores them.
        if (leftover > 0) return;
        if (accepts === (expected !== undefined)) {
          expect(accepts ? read : undefined).toEqual(expected);
        } else {
          const text = bytes.toString('latin1');
          expect(differsOnPurpose(text, problem, !accepts), `${JSON.stringify(text)}: ${problem}`).toBe(true);
        }
      }),
      { numRuns: 6000 },
    );
  });
});
