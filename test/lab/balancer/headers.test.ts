import { describe, expect, it } from 'vitest';
import { endToEnd } from '../../../src/lab/balancer/headers.js';

const none = new Set<string>();

describe('the headers that a proxy passes on', () => {
  it('keep their order, spelling and repetition', () => {
    const raw = ['Set-Cookie', 'a=1', 'X-Odd', 'é', 'set-cookie', 'b=2'];
    expect(endToEnd(raw, undefined, none)).toEqual(raw);
  });

  it('leave out what is meant for one connection, also what Connection names', () => {
    const raw = [
      ...[
        'Connection',
        'close, X-Secret',
        'Keep-Alive',
        'timeout=5',
        'Transfer-Encoding',
        'chunked',
        'TE',
        'gzip',
      ],
      ...[
        'Upgrade',
        'h2c',
        'X-Secret',
        'mine',
        'Content-Length',
        '3',
        'Trailer',
        'X',
        'Proxy-Authorization',
        'me',
      ],
    ];
    expect(endToEnd(raw, 'close, X-Secret', none)).toEqual(['Content-Length', '3']);
  });

  it('keep the length of the body even when Connection names it', () => {
    const connection = 'Content-Length , transfer-encoding, X-Hop';
    const raw = ['Connection', connection, 'content-length', '3', 'X-Hop', 'mine'];
    expect(endToEnd(raw, connection, none)).toEqual(['content-length', '3']);
  });

  it('leave out what the proxy sets itself', () => {
    expect(endToEnd(['X-Upstream', 'a', 'A', 'b'], 'keep-alive', new Set(['x-upstream']))).toEqual([
      'A',
      'b',
    ]);
  });
});
