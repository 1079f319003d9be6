import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attempts, createBalancer } from '../../src/balancing/balancer.js';
import { glibcRandom } from '../../src/balancing/glibc-random.js';
import type { Algorithm } from '../../src/model/algorithm.js';
import type { ServerLine, Upstream } from '../../src/model/upstream.js';
import { pickOnce, pool } from './pool.js';
import { upstreamOf } from './recorded.js';

const algorithms: readonly Algorithm[] = [
  { method: 'round_robin' },
  { method: 'least_conn' },
  { method: 'ip_hash' },
  { method: 'hash', key: '$uri', consistent: false },
  { method: 'hash', key: '$uri', consistent: true },
  { method: 'random', two: false },
  { method: 'random', two: true },
];

const servers: fc.Arbitrary<readonly ServerLine[]> = fc
  .array(
    fc.record({
      weight: fc.integer({ min: 1, max: 5 }),
      maxFails: fc.integer({ min: 0, max: 2 }),
      failTimeoutSec: fc.integer({ min: 0, max: 5 }),
      maxConns: fc.integer({ min: 0, max: 3 }),
      backup: fc.boolean(),
      down: fc.boolean(),
    }),
    // Above 32 servers the set of those tried is kept in another way.
    { minLength: 1, maxLength: 40 },
  )
  .filter((lines) => lines.some((line) => !line.backup))
  .map((lines) => lines.map((line, index) => ({ ...line, server: `s${index}:1`, address: `s${index}:1` })));

describe('createBalancer', () => {
  it('keeps the rules of every server, whatever happens', () => {
    const step = fc.record({
      seconds: fc.integer({ min: 0, max: 4 }),
      key: fc.string({ maxLength: 3 }),
      address: fc.ipV4(),
      outcome: fc.constantFrom('ok' as const, 'failed' as const),
      held: fc.boolean(),
    });
    fc.assert(
      fc.property(
        servers,
        fc.constantFrom(...algorithms),
        fc.array(step, { maxLength: 60 }),
        (lines, algorithm, steps) => {
          const upstream: Upstream = {
            name: 'u',
            servers: lines,
            algorithm,
            zone: undefined,
            keepalive: undefined,
          };
          const balancer = createBalancer(upstream, { random: glibcRandom(7) });
          const open: Attempts[] = [];
          const tries = lines.filter((line) => !line.down).length;
          let nowSec = 0;
          for (const { seconds, key, address, outcome, held } of steps) {
            nowSec += seconds;
            const attempts = balancer.begin({ key, remoteAddress: address });
            expect(attempts.triesLeft).toBe(tries);
            const tried = new Set<number>();
            do {
              const server = attempts.next(nowSec);
              if (server === undefined) break;
              const line = lines[server];
              expect(line?.down).toBe(false);
              expect(tried.has(server)).toBe(false);
              tried.add(server);
              if (line !== undefined && line.maxConns > 0) {
                expect(balancer.conns(server)).toBeLessThanOrEqual(line.maxConns);
              }
              if (held) {
                open.push(attempts);
                break;
              }
              attempts.end(outcome, nowSec);
              if (outcome === 'ok') break;
            } while (attempts.triesLeft > 0);
          }
          const inFlight = lines.reduce((sum, _, index) => sum + balancer.conns(index), 0);
          expect(inFlight).toBe(open.length);
          for (const attempts of open) attempts.end('ok', nowSec);
          expect(lines.every((_, index) => balancer.conns(index) === 0)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('picks the same again from the same start', () => {
    fc.assert(
      fc.property(
        servers,
        fc.constantFrom(...algorithms),
        fc.array(fc.string({ maxLength: 2 })),
        (lines, algorithm, keys) => {
          const upstream: Upstream = {
            name: 'u',
            servers: lines,
            algorithm,
            zone: undefined,
            keepalive: undefined,
          };
          const [one, other] = [createBalancer(upstream), createBalancer(upstream)];
          expect(keys.map((key) => pickOnce(one, key))).toEqual(keys.map((key) => pickOnce(other, key)));
        },
      ),
    );
  });

  it('cuts the tries of a request where it is told to', () => {
    const upstream = upstreamOf('upstream u { server a; server b; server c; }');
    const triesOf = (maxTries?: number): number =>
      createBalancer(upstream, { maxTries }).begin({ key: '', remoteAddress: '' }).triesLeft;
    expect([triesOf(), triesOf(0), triesOf(2), triesOf(9)]).toEqual([3, 3, 2, 3]);
  });

  it('leaves the choice to round robin when only one server can be drawn', () => {
    const balancer = pool('random two; server a; server b down; server c down;');
    expect(Array.from({ length: 3 }, () => pickOnce(balancer))).toEqual([0, 0, 0]);
  });

  it('counts identical lines as servers of their own', () => {
    const balancer = pool('server a; server a;');
    expect([pickOnce(balancer), pickOnce(balancer)]).toEqual([0, 1]);
  });

  it('refuses to begin an attempt before the last has ended, or to end one twice', () => {
    const attempts = pool('server a;').begin({ key: '', remoteAddress: '' });
    expect(() => attempts.end('ok', 0)).toThrow('expected an attempt in progress, got none');
    attempts.next(0);
    expect(() => attempts.next(0)).toThrow('expected the attempt in progress to be ended before the next');
  });
});
