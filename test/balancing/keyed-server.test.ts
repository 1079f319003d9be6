import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBalancer } from '../../src/balancing/balancer.js';
import { keyedServerOf } from '../../src/balancing/keyed-server.js';
import { pickOnce } from './pool.js';
import { upstreamOf } from './recorded.js';

const upstream = (contents: string) => upstreamOf(`upstream u { ${contents} }`);

describe('the server of a key', () => {
  it('is what a balancer picks, whatever it has picked before', () => {
    const property = fc.property(
      fc.constantFrom('ip_hash;', 'hash $request_uri;', 'hash $request_uri consistent;'),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
      fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.ipV4()), { maxLength: 40 }),
      (method, weights, requests) => {
        const servers = weights.map((weight, n) => `server 10.0.0.${n + 1} weight=${weight};`);
        const pool = upstream(`${method} ${servers.join(' ')}`);
        const serverOf = keyedServerOf(pool);
        const balancer = createBalancer(pool);
        for (const [key, address] of requests) {
          expect(serverOf?.(key, address)).toBe(pickOnce(balancer, key, address));
        }
      },
    );
    fc.assert(property);
  });

  it('is nobody where round robin decides', () => {
    const pool = upstream('hash $arg_k; server 10.0.0.1; server 10.0.0.2;');
    expect(keyedServerOf(pool)?.('', '10.0.0.9')).toBeUndefined();
    // ip_hash ignores the key.
    expect(keyedServerOf({ ...pool, algorithm: { method: 'ip_hash' } })?.('', '10.0.0.9')).toBeDefined();
    // Recorded: 21 probes of a heavy server that is down leave the request to round robin.
    const heavy = upstream(
      'hash $arg_k; server 10.0.0.1 weight=1000 down; server 10.0.0.2; server 10.0.0.3;',
    );
    const serverOf = keyedServerOf(heavy);
    const servers = Array.from({ length: 200 }, (_, n) => serverOf?.(`k${n}`, ''));
    expect(servers.filter((server) => server === undefined).length).toBeGreaterThan(150);
    expect(servers).not.toContain(0);
  });

  it('is the only server of a pool of one', () => {
    expect(keyedServerOf(upstream('hash $arg_k consistent; server 10.0.0.1;'))?.('', '')).toBe(0);
  });

  it('is not told where more than the key decides', () => {
    expect(keyedServerOf(upstream('server 10.0.0.1;'))).toBeUndefined();
    expect(
      keyedServerOf(upstream('hash $uri; server 10.0.0.1 max_conns=3; server 10.0.0.2;')),
    ).toBeUndefined();
    expect(
      keyedServerOf(upstream('hash $uri consistent; server 10.0.0.1; server 10.0.0.1;')),
    ).toBeUndefined();
  });
});
