import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBalancer } from '../../src/balancing/balancer.js';
import { peerListOf } from '../../src/balancing/peer-list.js';
import { Ring } from '../../src/balancing/ring.js';
import { LbbenchError } from '../../src/model/fault.js';
import { pickOnce, pool, weighted } from './pool.js';
import { upstreamOf } from './recorded.js';

const keys = Array.from({ length: 2_000 }, (_, index) => `/completions?user=${index}`);
const three = ['server 127.0.0.1:1;', 'server 127.0.0.1:2;', 'server 127.0.0.1:3;'] as const;

describe('hash KEY', () => {
  it('follows the chain of hashes from server to server', () => {
    // crc32("/foo") = aa27dc47, (>> 16) & 7fff = 10791; 10791 mod 3 = 0.
    // "1/foo" adds 20736: 31527 mod 3 = 0, tried already. "2/foo" adds 5792: 37319 mod 3 = 2.
    const attempts = pool(`hash k; ${three.join(' ')}`).begin({ key: '/foo', remoteAddress: '' });
    expect(attempts.next(0)).toBe(0);
    attempts.end('failed', 0);
    expect(attempts.next(0)).toBe(2);
    attempts.end('failed', 0);
    expect(attempts.next(0)).toBe(1);
    attempts.end('failed', 0);
    expect(attempts.triesLeft).toBe(0);
    expect(attempts.next(0)).toBeUndefined();
  });

  it("moves only a down server's keys", () => {
    const up = pool(`hash k; ${three.join(' ')}`);
    const down = pool(`hash k; ${three[0]} server 127.0.0.1:2 down; ${three[2]}`);
    for (const key of keys) {
      const before = pickOnce(up, key);
      if (before === 1) expect(pickOnce(down, key)).not.toBe(1);
      else expect(pickOnce(down, key)).toBe(before);
    }
  });

  it('takes turns with an empty key', () => {
    const balancer = pool(`hash k; ${three.join(' ')}`);
    expect(Array.from({ length: 4 }, () => pickOnce(balancer, ''))).toEqual([0, 1, 2, 0]);
  });
});

describe('hash KEY consistent', () => {
  it.each([
    ['127.0.0.1:8081', [0x50aabcf7, 0xb8dc900a, 0x2a3355ce, 0x839f657f]],
    ['localhost', [0xf81e6f9c, 0x2b24f86c, 0x6f6d1da9]],
    ['unix:/tmp/a.sock', [0xca7eb1df, 0xbad8f3e1, 0x716a4f8e]],
  ])("has nginx's points of %s", (server, points) => {
    const { servers } = upstreamOf(`upstream u { server other; server ${server}; }`);
    const ring = new Ring(peerListOf({ ...upstreamOf('upstream u { server x; }'), servers }));
    for (const point of points) {
      const index = ring.indexOf(point);
      // Exactly a point: the next higher hash is past it.
      expect(ring.indexOf(point + 1)).toBe(index + 1);
      expect(ring.peersAt(index).map((peer) => peer.line.server)).toEqual([server]);
    }
  });

  it('tells servers apart by what is written, not by their address', () => {
    const placesOf = (server: string): readonly unknown[] => {
      const balancer = pool(`hash k consistent; server ${server}; server 127.0.0.1:2;`);
      return keys.map((key) => pickOnce(balancer, key));
    };
    expect(placesOf('127.0.0.1')).not.toEqual(placesOf('127.0.0.1:80'));
    expect(placesOf('LOCALHOST:1')).not.toEqual(placesOf('localhost:1'));
    expect(placesOf('UNIX:/tmp/a')).toEqual(placesOf('unix:/tmp/a'));
  });

  it('moves keys only to a server that is added', () => {
    const before = pool(`hash k consistent; ${three.join(' ')}`);
    const after = pool(`hash k consistent; ${three.join(' ')} server 127.0.0.1:4;`);
    let moved = 0;
    for (const key of keys) {
      const [old, now] = [pickOnce(before, key), pickOnce(after, key)];
      if (now === old) continue;
      expect(now).toBe(3);
      moved += 1;
    }
    // About a quarter: the fourth of four equal servers.
    expect(moved / keys.length).toBeGreaterThan(0.15);
    expect(moved / keys.length).toBeLessThan(0.35);
  });

  it('keeps every key on its server', () => {
    const balancer = pool(`hash k consistent; ${weighted([3, 2, 1])}`);
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (key) => {
        expect(pickOnce(balancer, key)).toBe(pickOnce(balancer, key));
      }),
    );
  });

  it('refuses weights that would make a ring of more than 16 million points', () => {
    const upstream = upstreamOf('upstream u { hash k consistent; server a weight=1000000; server b; }');
    expect(() => createBalancer(upstream)).toThrow(LbbenchError);
    expect(() => createBalancer(upstream)).toThrow(
      'expected weights of at most 104857 together for a consistent hash, got 1000001',
    );
  });
});

describe('ip_hash', () => {
  const equal = (count: number): string => `ip_hash; ${weighted(Array<number>(count).fill(1))}`;

  it('follows the chain of hashes from server to server', () => {
    // h = (h * 113 + byte) mod 6271 from 89 over 192, 168, 1: 3978, 4441, 154; 154 mod 4 = 2. On from there:
    // 5052, 383, 5654, and 5654 mod 4 = 2 is tried already; 5723, 954, 1196, and 1196 mod 4 = 0.
    const attempts = pool(equal(4)).begin({ key: '', remoteAddress: '192.168.1.77' });
    expect(attempts.next(0)).toBe(2);
    attempts.end('failed', 0);
    expect(attempts.next(0)).toBe(0);
  });

  it.each([
    ['127.0.0.1', [0, 2, 0, 0]],
    ['::1', [1, 2, 1, 0]],
  ])('sends %s where nginx sends it among 2, 3, 4 and 5 servers', (address, servers) => {
    expect([2, 3, 4, 5].map((count) => pickOnce(pool(equal(count)), '', address))).toEqual(servers);
  });

  it('looks at a /24 of IPv4 only', () => {
    const balancer = pool(equal(7));
    for (let host = 0; host < 256; host += 1) {
      expect(pickOnce(balancer, '', `10.1.2.${host}`)).toBe(pickOnce(balancer, '', '10.1.2.0'));
    }
    // Consecutive /24s step through the servers.
    const networks = Array.from({ length: 7 }, (_, network) => pickOnce(balancer, '', `10.1.${network}.1`));
    expect(new Set(networks).size).toBe(7);
  });

  it('takes a client on a unix socket for three zero bytes', () => {
    for (const count of [2, 3, 4, 5]) {
      expect(pickOnce(pool(equal(count)), '', 'unix:')).toBe(pickOnce(pool(equal(count)), '', '0.0.0.9'));
    }
  });
});
