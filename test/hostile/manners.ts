/**
 * What a server does with each request: bytes to send (Latin-1), milliseconds to wait, or how it leaves the connection. A
 * server that says no more than this goes on listening.
 */
export type Step = string | number | 'END' | 'RESET';

/** How a request may end: a response, malformed, timeout, closed, reset. */
type Ends = string;

const head = (text: string) => `HTTP/1.1 200 OK\r\nX-Upstream: 127.0.0.1:8001\r\n${text}`;
const hello = head('Content-Length: 5\r\n\r\nhello');
const chunked = head('Transfer-Encoding: chunked\r\n\r\n');

/**
 * Servers of bad manners, a row each: what they are called, what they do with each request, and how a GET to them may end.
 * Where a kept connection is closed without a word the next request may meet it: then several ends are right.
 */
export const manners: readonly (readonly [name: string, steps: readonly Step[], ends: Ends])[] = [
  // Silence and departures.
  ['answers well', [hello], 'response'],
  ['says nothing', [], 'timeout'],
  ['leaves at once', ['END'], 'closed'],
  ['resets at once', ['RESET'], 'reset'],
  ['waits, then leaves', [20, 'END'], 'closed'],
  ['waits, then resets', [20, 'RESET'], 'reset'],
  ['answers late, but in time', [30, hello], 'response'],
  ['answers and leaves', [hello, 'END'], 'response closed reset'],
  ['answers and resets', [hello, 10, 'RESET'], 'response closed reset'],
  [
    'announces that it leaves, and does',
    [head('Connection: close\r\nContent-Length: 5\r\n\r\nhello'), 'END'],
    'response',
  ],
  [
    'announces that it leaves, and stays',
    [head('Connection: close\r\nContent-Length: 5\r\n\r\nhello')],
    'response',
  ],
  // Status lines.
  ['sends an empty line first', [`\r\n${hello}`], 'response'],
  ['sends nothing but empty lines', ['\r\n'.repeat(100)], 'timeout'],
  ['sends empty lines without end', ['\r\n'.repeat(40_000)], 'malformed'],
  ['speaks HTTP/2', ['\x00\x00\x12\x04\x00\x00\x00\x00\x00\r\n\r\n'], 'malformed'],
  ['speaks SSH', ['SSH-2.0-OpenSSH_9.2\r\n'], 'malformed'],
  ['speaks SMTP', ['220 mail.test ESMTP\r\n'], 'malformed'],
  ['sends an alert of TLS', ['\x15\x03\x01\x00\x02\x02\x28', 'END'], 'closed malformed'],
  ['speaks HTTP/0.9', ['<html>hello</html>', 'END'], 'closed malformed'],
  ['speaks HTTP/3.0', ['HTTP/3.0 200 OK\r\n\r\n'], 'malformed'],
  ['speaks HTTP/1.2', ['HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n'], 'malformed'],
  ['speaks HTTP/1.0', ['HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'END'], 'response'],
  ['writes the protocol small', ['http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'], 'malformed'],
  ['has a status of two digits', ['HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'], 'malformed'],
  ['has a status of four digits', ['HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'], 'malformed'],
  ['has a status of letters', ['HTTP/1.1 OK OK\r\nContent-Length: 0\r\n\r\n'], 'malformed'],
  ['has a status below 100', ['HTTP/1.1 042 Hm\r\nContent-Length: 0\r\n\r\n'], 'malformed'],
  ['has a status of 999', ['HTTP/1.1 999 Hm\r\nContent-Length: 0\r\n\r\n'], 'response'],
  ['has no reason', ['HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n'], 'response'],
  [
    'has control characters in the reason',
    ['HTTP/1.1 200 \x1b[2J\r\nContent-Length: 0\r\n\r\n'],
    'malformed',
  ],
  ['has a reason without end', [`HTTP/1.1 200 ${'x'.repeat(100_000)}`], 'malformed'],
  ['two blanks behind the protocol', ['HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n'], 'malformed'],
  // Fields.
  ['ends lines with a line feed', ['HTTP/1.1 200 OK\nContent-Length: 0\n\n'], 'malformed'],
  [
    'ends lines with a carriage return',
    ['HTTP/1.1 200 OK\rContent-Length: 0\r\r', 'END'],
    'closed malformed',
  ],
  ['has a field without a colon', [head('Nothing\r\nContent-Length: 0\r\n\r\n')], 'malformed'],
  ['has a field without a name', [head(': x\r\nContent-Length: 0\r\n\r\n')], 'malformed'],
  ['has a blank before the colon', [head('Server : x\r\nContent-Length: 0\r\n\r\n')], 'malformed'],
  ['folds a field', [head('Server: a\r\n b\r\nContent-Length: 0\r\n\r\n')], 'malformed'],
  ['has a zero byte in a value', [head('Server: a\x00b\r\nContent-Length: 0\r\n\r\n')], 'malformed'],
  [
    'has an escape sequence in a value',
    [head('Server: \x1b]0;x\x07\r\nContent-Length: 0\r\n\r\n')],
    'malformed',
  ],
  ['has bytes above ASCII in a value', [head('Server: \xe9\xff\r\nContent-Length: 0\r\n\r\n')], 'response'],
  ['has bytes above ASCII in a name', [head('S\xe9rver: a\r\nContent-Length: 0\r\n\r\n')], 'malformed'],
  ['has fields without end', [head('A: b\r\n'.repeat(30_000))], 'malformed'],
  ['has one field without end', [head(`A: ${'b'.repeat(100_000)}`)], 'malformed'],
  ['has a thousand fields', [head(`${'A: b\r\n'.repeat(1000)}Content-Length: 0\r\n\r\n`)], 'response'],
  ['stops within a name', [head('Content-Le')], 'timeout'],
  ['leaves within a name', [head('Content-Le'), 'END'], 'closed'],
  ['resets within a value', [head('Content-Length: 1'), 10, 'RESET'], 'reset'],
  ['stops before the last line feed', [head('Content-Length: 0\r\n\r')], 'timeout'],
  // Lengths.
  ['has two lengths', [head('Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello')], 'malformed'],
  ['has two lengths in one', [head('Content-Length: 5, 5\r\n\r\nhello')], 'malformed'],
  ['has an empty length', [head('Content-Length: \r\n\r\n')], 'malformed'],
  ['has a length below zero', [head('Content-Length: -5\r\n\r\n')], 'malformed'],
  ['has a length with a sign', [head('Content-Length: +5\r\n\r\nhello')], 'malformed'],
  ['has a length in hexadecimal', [head('Content-Length: 0x5\r\n\r\nhello')], 'malformed'],
  ['has a length that no number holds', [head(`Content-Length: ${'9'.repeat(40)}\r\n\r\n`)], 'malformed'],
  ['has a length of petabytes', [head('Content-Length: 9007199254740991\r\n\r\nhello')], 'timeout'],
  [
    'has a length and chunks',
    [head('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')],
    'malformed',
  ],
  [
    'has chunks and a length',
    [head('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n')],
    'malformed',
  ],
  ['sends too little', [head('Content-Length: 6\r\n\r\nhello')], 'timeout'],
  ['sends too little and leaves', [head('Content-Length: 6\r\n\r\nhello'), 'END'], 'closed'],
  ['sends too much', [`${hello}!`], 'malformed'],
  ['answers twice', [hello + hello], 'malformed'],
  ['answers once more, later', [hello, 15, hello], 'response malformed closed reset'],
  ['sends a body with 204', ['HTTP/1.1 204 None\r\n\r\nhello'], 'malformed'],
  ['sends a body with 304', ['HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\nhello'], 'malformed'],
  ['gives no length and leaves', [head('\r\nuntil the end'), 'END'], 'response'],
  ['gives no length and stays', [head('\r\nuntil when?')], 'timeout'],
  ['gives no length and resets', [head('\r\nuntil'), 20, 'RESET'], 'reset'],
  [
    'drips',
    ['HTTP', 2, '/1.1 2', 2, '00 OK\r', 2, '\nContent-Len', 2, 'gth: 2\r\n\r', 2, '\nh', 2, 'i'],
    'response',
  ],
  // Chunks.
  ['sends chunks', [`${chunked}5\r\nhello\r\n0\r\n\r\n`], 'response'],
  ['sends chunks of one byte', [`${chunked}${'1\r\nx\r\n'.repeat(500)}0\r\n\r\n`], 'response'],
  ['sends trailers', [`${chunked}0\r\nX-Trailer: a\r\n\r\n`], 'response'],
  ['sends trailers without end', [`${chunked}0\r\n${'A: b\r\n'.repeat(30_000)}`], 'malformed'],
  ['sends a trailer that is none', [`${chunked}0\r\nnothing\r\n\r\n`], 'malformed'],
  ['sends a chunk size below zero', [`${chunked}-5\r\nhello\r\n0\r\n\r\n`], 'malformed'],
  ['sends an empty chunk size', [`${chunked}\r\nhello\r\n0\r\n\r\n`], 'malformed'],
  ['sends a chunk size that no number holds', [`${chunked}${'f'.repeat(30)}\r\nhello`], 'malformed'],
  ['sends a chunk size of exabytes', [`${chunked}1fffffffffffff\r\nhello`], 'timeout'],
  ['sends a chunk size without end', [chunked + '0'.repeat(50_000)], 'malformed'],
  ['sends a chunk extension', [`${chunked}5;a="b"\r\nhello\r\n0\r\n\r\n`], 'response'],
  ['sends a chunk extension without end', [`${chunked}5;${'a'.repeat(50_000)}`], 'malformed'],
  ['sends a chunk longer than its size', [`${chunked}5\r\nhello!\r\n0\r\n\r\n`], 'malformed'],
  ['sends a chunk shorter than its size', [`${chunked}9\r\nhello\r\n0\r\n\r\n`], 'malformed timeout'],
  ['leaves within a chunk', [`${chunked}9\r\nhello`, 'END'], 'closed'],
  ['leaves before the last chunk', [`${chunked}5\r\nhello\r\n`, 'END'], 'closed'],
  ['stops before the last chunk', [`${chunked}5\r\nhello\r\n`], 'timeout'],
  [
    'says that it is chunked twice',
    [head('Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n')],
    'response malformed',
  ],
  ['says gzip alone, and stays', [head('Transfer-Encoding: gzip\r\n\r\nhello')], 'timeout'],
  // Interim responses and other protocols.
  ['sends 100 first', [`HTTP/1.1 100 Continue\r\n\r\n${hello}`], 'response'],
  ['sends 103 first', [`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${hello}`], 'response'],
  ['sends 100 without end', ['HTTP/1.1 100 Continue\r\n\r\n'.repeat(20_000)], 'malformed timeout'],
  ['sends 100 and no more', ['HTTP/1.1 100 Continue\r\n\r\n'], 'timeout'],
  ['sends 100 with a length', [`HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n${hello}`], 'response'],
  ['switches protocols', ['HTTP/1.1 101 Now\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'], 'response'],
  // What it says of backends.
  ['names no backend', ['HTTP/1.1 200 OK\r\nX-Upstream: \r\nContent-Length: 0\r\n\r\n'], 'response'],
  [
    'names a backend of escape sequences',
    [`HTTP/1.1 200 OK\r\nX-Upstream: ${'\xff'.repeat(300)}\r\nContent-Length: 0\r\n\r\n`],
    'response',
  ],
  [
    'names a thousand backends',
    [head(`X-Upstream: ${'10.0.0.1:80, '.repeat(1000)}10.0.0.2:80\r\nContent-Length: 0\r\n\r\n`)],
    'response',
  ],
  [
    'names backends in a hundred fields',
    [head(`${'X-Upstream: 10.0.0.3:80\r\n'.repeat(100)}Content-Length: 0\r\n\r\n`)],
    'response',
  ],
];
