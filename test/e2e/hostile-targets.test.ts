import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HostileServer, hostileServer, onRequest } from '../engine/native/hostile-server.js';
import { Workplace } from './lbbench.js';

let workplace: Workplace;
let server: HostileServer | undefined;
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(async () => {
  await server?.close();
  workplace.remove();
});

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Answers every request with the same bytes. */
function answering(bytes: string): (socket: Socket) => void {
  return (socket) => onRequest(socket, () => socket.write(bytes, 'latin1'));
}

const behaviours: [string, (socket: Socket) => void, number, string][] = [
  ['resets', (socket) => onRequest(socket, () => socket.resetAndDestroy()), 3, 'resets'],
  ['closes without a word', (socket) => onRequest(socket, () => socket.end()), 3, 'closed'],
  ['closes as soon as it accepts', (socket) => socket.end(), 3, 'closed'],
  ['never answers', () => {}, 3, 'timeouts'],
  ['sends garbage', answering('\u0000\u0001\u001b[31mnot HTTP at all\r\n\r\n'), 3, 'malformed'],
  [
    'never ends its headers',
    (socket) =>
      onRequest(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const more = setInterval(() => socket.write(`X: ${'x'.repeat(8_000)}\r\n`), 1);
        socket.on('close', () => clearInterval(more));
      }),
    3,
    'malformed',
  ],
  [
    'stops half-way',
    (socket) => onRequest(socket, () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')),
    3,
    'closed',
  ],
  [
    'promises more than it sends',
    answering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    3,
    'timeouts',
  ],
  [
    'promises two lengths',
    answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'),
    3,
    'malformed',
  ],
  ['sends 100 Continue first', answering(`HTTP/1.1 100 Continue\r\n\r\n${ok}`), 0, 'responses'],
  [
    'tells no length',
    (socket) => onRequest(socket, () => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end')),
    0,
    'responses',
  ],
  [
    'sends one byte at a time',
    (socket) =>
      onRequest(socket, async () => {
        for (const byte of ok) {
          socket.write(byte);
          await new Promise((resolve) => setImmediate(resolve));
        }
      }),
    0,
    'responses',
  ],
];

describe('a run ends by itself, with every request accounted for, against a server that', () => {
  it.each(behaviours)('%s', async (_, behave, expected, kind) => {
    server = await hostileServer(behave);
    const { report, code, stderr } = await workplace.run(
      `target: http://127.0.0.1:${server.port}\nload: { requests: 12, concurrency: 4, timeout: 300ms }`,
    );
    expect({ code, stderr }).toEqual({ code: expected, stderr: '' });
    const {
      started,
      droppedStarts: __,
      ...ends
    } = report.runs[0]?.outcomes ?? { started: 0, droppedStarts: 0 };
    expect(Object.values(ends).reduce<number>((sum, count = 0) => sum + count, 0)).toBe(started);
    expect(started).toBe(12);
    expect(ends).toMatchObject({ [kind]: 12 });
  });
});

describe('what a server sends reaches the terminal without control characters', () => {
  // ESC starts a colour, a cleared screen and a new title. A header may not carry it, but 0x9b, which is ESC [ in one
  // byte; a JSON string may carry both.
  const body = String.raw`{"server":"10.0.0.1:80\u001b[31m\u001b[2J\u001b]0;owned\u0007\u009b31m\r\n"}`;
  const header = '10.0.0.1:80\u009b31m\u009d0;owned\u009c';
  const response = [
    'HTTP/1.1 200 O\u009bK',
    'Server: ng\u009b2Jinx',
    `X-Upstream: ${header}`,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
  const control = /(?!\n|\r\n)[\u0000-\u001f\u007f-\u009f]/;
  const attributions = ['{ header: X-Upstream }', '{ body: /server }', `{ body: '/server":"(.*)"/' }`];

  it.each(attributions)('by lbbench run with attribution %s', async (attribution) => {
    server = await hostileServer(answering(response));
    const url = `http://127.0.0.1:${server.port}`;
    workplace.write(
      'scenario.yaml',
      `target: ${url}\nload: { requests: 5, timeout: 1s }\nattribution: ${attribution}`,
    );
    const formats = ['csv', 'markdown', 'junit'];
    const { code, stdout, stderr } = await workplace.lbbench([
      ...['run', 'scenario.yaml', ...formats.flatMap((format) => [`--export-${format}`, format])],
    ]);
    expect(code).toBe(0);
    for (const text of [stdout, stderr, ...formats.map((format) => workplace.read(format))]) {
      expect(text).not.toBe('');
      expect(text).not.toMatch(control);
    }
  });

  it.each([[[]], [['-w']]])('by lbbench ab %j', async (flags) => {
    server = await hostileServer(answering(response));
    const { code, stdout, stderr } = await workplace.lbbench([
      ...['ab', '-n', '5', ...flags, `http://127.0.0.1:${server.port}/`],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('10.0.0.1:80');
    expect(stdout).not.toMatch(control);
    expect(stderr).not.toMatch(control);
  });

  it('by the warning about bytes that are no HTTP', async () => {
    server = await hostileServer(answering('\u001b[31mnothing\u009b2J like HTTP\r\n\r\n'));
    const { code, stdout, stderr } = await workplace.lbbench([
      'ab',
      '-n',
      '2',
      `http://127.0.0.1:${server.port}/`,
    ]);
    expect(code).toBe(3);
    expect(stderr).toContain('2 of 2 requests ended without a response');
    expect(stdout + stderr).not.toMatch(control);
  });
});
