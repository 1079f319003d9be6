import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBalancer } from '../../src/balancing/balancer.js';
import type { Algorithm } from '../../src/model/algorithm.js';
import type { ServerLine, Upstream } from '../../src/model/upstream.js';

/** Servers of these weights, of which those of weight 0 are down; with room for so many requests, 0 for any number. */
function pool(weights: readonly number[], maxConns: number, algorithm: Algorithm): Upstream {
  const servers = weights.map((weight, index): ServerLine => {
    const address = `10.0.${index >> 8}.${index & 255}:80`;
    const down = weight === 0;
    const line = { server: address, address, maxFails: 2, failTimeoutSec: 1, backup: false };
    return { ...line, weight: Math.max(1, weight), maxConns, down };
  });
  return { name: 'backend', servers, algorithm, zone: undefined, keepalive: undefined };
}

describe('round robin over many servers', () => {
  const weights = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 64, maxLength: 90 });
  /** What each request does: end well, be tried elsewhere although it ended well, or fail and be tried elsewhere. */
  const requests = fc.array(fc.constantFrom('ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'again', 'failed'), {
    minLength: 300,
    maxLength: 300,
  });
  const failures = fc.integer({ min: 0, max: 300 });

  it.each([
    [{ method: 'round_robin' }],
    [{ method: 'least_conn' }],
    [{ method: 'random', two: false }],
    [{ method: 'ip_hash' }],
  ] as const)('picks the same server as one that looks at each of them: %j', (algorithm) => {
    fc.assert(
      fc.property(weights, requests, failures, (ofWeight, kinds, firstFailure) => {
        // A limit that is never reached makes every server be looked at.
        const [quick, slow] = [0, 1_000_000].map((maxConns) =>
          createBalancer(pool(ofWeight, maxConns, algorithm)),
        );
        const going: (() => void)[] = [];
        kinds.forEach((kind, index) => {
          if (index % 50 === 5) for (const end of going.splice(0)) end();
          const nowSec = Math.floor(index / 20);
          const key = { key: '', remoteAddress: `10.0.${index % 9}.1` };
          const [one, other] = [quick?.begin(key), slow?.begin(key)];
          const outcome = kind === 'failed' && index >= firstFailure ? 'failed' : 'ok';
          for (let tries = kind === 'ok' ? 1 : 3; tries > 0; tries--) {
            const server = one?.next(nowSec);
            expect(server).toBe(other?.next(nowSec));
            if (server === undefined) return;
            // Some go on while the next ones come, and end together.
            const isLast = tries === 1 && outcome === 'ok';
            if (isLast && index % 50 > 40) {
              going.push(() => {
                one?.end('ok', nowSec);
                other?.end('ok', nowSec);
              });
              return;
            }
            one?.end(outcome, nowSec);
            other?.end(outcome, nowSec);
          }
        });
      }),
      { numRuns: 200 },
    );
  });
});
