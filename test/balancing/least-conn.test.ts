import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pool, sequence, weighted } from './pool.js';

describe('least_conn', () => {
  it('is round robin for requests that never overlap', () => {
    expect(sequence(pool(`least_conn; ${weighted([5, 1, 1])}`), 14)).toBe('00102000010200');
  });

  // nginx 1.22.1, every request held open.
  it.each([
    [[1, 1], '0110011001100'],
    [[3, 2], '0101010010'],
  ])('fills servers of weight %j in the order of nginx', (weights, picks) => {
    const balancer = pool(`least_conn; ${weighted(weights)}`);
    const held = Array.from({ length: picks.length }, () =>
      balancer.begin({ key: '', remoteAddress: '' }).next(0),
    );
    expect(held.join('')).toBe(picks);
  });

  it('never leaves a server loaded by more than one request above another', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 8 }),
        fc.nat(100),
        (weights, count) => {
          const balancer = pool(`least_conn; ${weighted(weights)}`);
          for (let request = 0; request < count; request += 1)
            balancer.begin({ key: '', remoteAddress: '' }).next(0);
          for (const [one, oneWeight] of weights.entries()) {
            for (const [other, otherWeight] of weights.entries()) {
              // The last request of `one` came when it was loaded no more than `other`.
              expect((balancer.conns(one) - 1) * otherWeight).toBeLessThanOrEqual(
                balancer.conns(other) * oneWeight,
              );
            }
          }
        },
      ),
    );
  });
});
