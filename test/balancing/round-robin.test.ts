import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pickOnce, pool, sequence, weighted } from './pool.js';

describe('round_robin', () => {
  // First picks of a fresh worker of nginx 1.22.1.
  it.each([
    [[3, 2], '01010'],
    [[5, 1, 1], '0010200'],
    [[10, 3, 1], '00100200100010'],
    [[2, 1], '010'],
    [[4, 3, 2, 1], '0120130210'],
    [[7, 5, 3, 2], '01203102010130210'],
  ])('takes turns of %j as nginx does, and again after the sum of the weights', (weights, picks) => {
    const balancer = pool(weighted(weights));
    expect(sequence(balancer, picks.length)).toBe(picks);
    expect(sequence(balancer, picks.length)).toBe(picks);
  });

  it('gives every server exactly its weight over each sum of weights', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 }), (weights) => {
        const balancer = pool(weighted(weights));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let period = 0; period < 2; period += 1) {
          const counts = weights.map(() => 0);
          for (let request = 0; request < total; request += 1) {
            const server = pickOnce(balancer) ?? -1;
            counts[server] = (counts[server] ?? 0) + 1;
          }
          expect(counts).toEqual(weights);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('lets a failed server come back by one weight a pass', () => {
    // W = 5, max_fails = 1: the failure takes floor(5 / 1) off the effective weight, so it is 0 afterwards.
    const balancer = pool('server 127.0.0.1:1 weight=5; server 127.0.0.1:2; server 127.0.0.1:3;');
    const attempts = balancer.begin({ key: '', remoteAddress: '' });
    expect(attempts.next(0)).toBe(0);
    attempts.end('failed', 0);
    expect(balancer.fails(0)).toBe(1);
    expect(Array.from({ length: 4 }, () => pickOnce(balancer, '', '', 10))).toEqual([1, 2, 1, 2]);
    // Scores -2, 1, 1. Second 11, each pass with the effective weights added: (-2, 2, 2) takes 1 for 2;
    // (-1, 1, 3) takes 2 for 3; (1, 2, 1) takes 1 for 4; (4, -1, 2) takes 0 for 5; (3, 0, 3) takes 0 for 6;
    // (2, 1, 4) takes 2 for 7.
    expect(Array.from({ length: 6 }, () => pickOnce(balancer, '', '', 11))).toEqual([1, 2, 1, 0, 0, 2]);
    expect(balancer.fails(0)).toBe(0);
  });

  it('never disables a server that is alone, and says so by no tries left', () => {
    const balancer = pool('server 127.0.0.1:1;');
    for (let request = 0; request < 3; request += 1) {
      const attempts = balancer.begin({ key: '', remoteAddress: '' });
      expect(attempts.next(0)).toBe(0);
      attempts.end('failed', 0);
      expect(attempts.triesLeft).toBe(0);
    }
    expect(balancer.fails(0)).toBe(0);
  });

  it('disables a server whose only neighbour is down', () => {
    const balancer = pool('server 127.0.0.1:1; server 127.0.0.1:2 down;');
    const attempts = balancer.begin({ key: '', remoteAddress: '' });
    expect(attempts.triesLeft).toBe(1);
    expect(attempts.next(0)).toBe(0);
    attempts.end('failed', 0);
    expect(pickOnce(balancer, '', '', 10)).toBeUndefined();
    expect(pickOnce(balancer, '', '', 11)).toBe(0);
  });

  it('sends one probe after fail_timeout while others still see the server as failed', () => {
    const balancer = pool('server 127.0.0.1:1; server 127.0.0.1:2 backup;');
    const failing = balancer.begin({ key: '', remoteAddress: '' });
    expect(failing.next(0)).toBe(0);
    failing.end('failed', 0);
    const probe = balancer.begin({ key: '', remoteAddress: '' });
    expect(probe.next(11)).toBe(0);
    expect(pickOnce(balancer, '', '', 11)).toBe(1);
    probe.end('ok', 11);
    expect(pickOnce(balancer, '', '', 11)).toBe(0);
  });

  it('uses backups only when no primary is left', () => {
    const balancer = pool('server 127.0.0.1:1 max_conns=1; server 127.0.0.1:2 backup;');
    const held = balancer.begin({ key: '', remoteAddress: '' });
    expect(held.next(0)).toBe(0);
    expect(pickOnce(balancer)).toBe(1);
    held.end('ok', 0);
    expect(pickOnce(balancer)).toBe(0);
  });
});
