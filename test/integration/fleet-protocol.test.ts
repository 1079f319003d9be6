import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keys, Store } from '../../src/fleet/store.js';
import { describeWithRedis, RealRedis } from './real-redis.js';

/** Each step of a schedule, as what somebody does to one of three seats. */
const step = fc.record({
  seat: fc.nat(2),
  act: fc.constantFrom(
    'take',
    'start',
    'renew',
    'claim',
    'claim again',
    'commit',
    'commit again',
    'finish',
    'stale',
    'lapse',
    'look',
  ),
});

const requests = 40;
const blockSize = 7;
const tries = Number(process.env.LBBENCH_PROTOCOL_TRIES ?? 1000);

/** What one agent believes of the seat it holds. */
interface Holder {
  epoch: number;
  claims: number;
  sequence: number;
  blocks: number[];
}

describeWithRedis('the protocol of seats', () => {
  let redis: RealRedis;
  let store: Store;

  beforeAll(async () => {
    redis = await new RealRedis().start();
    store = await Store.connect({ url: redis.url, ca: undefined, pool: 'p' });
  });
  afterAll(async () => {
    store.close();
    await redis.remove();
  });

  test('hands each block out once and lets only the holder of a lease act, whatever happens', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const run = (number++).toString(16);
        const r = store.redis;
        await r.hset(keys.run(run), 'id', run);
        await r.pexpire(keys.run(run), 60_000);
        await r.set(keys.lock('p'), run);
        const holders: (Holder | undefined)[] = [undefined, undefined, undefined];
        const past: Holder[][] = [[], [], []];
        const handedOut: number[] = [];
        const begun = new Set<number>();
        const ended = new Set<number>();
        for (const { seat, act } of steps) {
          const key = keys.seat(run, seat);
          const holder = holders[seat];
          const claim = (of: Holder) =>
            r.lbClaim(key, keys.run(run), of.epoch, of.claims, blockSize, requests);
          const commit = (of: Holder, final: 0 | 1) =>
            r.lbCommit(
              key,
              keys.checkpoint(run, seat),
              keys.run(run),
              of.epoch,
              of.sequence,
              final,
              Buffer.from(`${of.epoch}:${of.sequence}`),
            );
          const renew = (of: Holder, starts: 0 | 1) =>
            r.lbRenew(key, keys.run(run), keys.lock('p'), of.epoch, 60_000_000, 1, starts);
          if (act === 'take') {
            const epoch = await r.lbTake(key, keys.run(run), 'a', 60_000_000);
            if (begun.has(seat) || ended.has(seat)) expect(epoch).toBe(-1);
            else {
              expect(epoch).toBeGreaterThan(holder?.epoch ?? 0);
              if (holder !== undefined) past[seat]?.push(holder);
              holders[seat] = { epoch, claims: 0, sequence: 0, blocks: [] };
            }
          } else if (act === 'stale') {
            // Somebody who had the seat before: nothing it does may count.
            const stale = past[seat]?.at(-1);
            if (stale === undefined) continue;
            stale.claims++;
            stale.sequence += 100;
            expect(await claim(stale)).toBe(-3);
            expect(await commit(stale, 1)).toBe(0);
            expect((await renew(stale, 1))[0]).toBe('fenced');
          } else if (act === 'lapse') {
            // The lease runs out and the coordinator looks.
            if (holder === undefined) continue;
            await r.hset(key, 'leaseUs', 1);
            const { state } = await store.look(run, seat);
            if (ended.has(seat)) continue;
            expect(state).toBe(begun.has(seat) ? 'lost' : 'expired');
            if (begun.has(seat)) ended.add(seat);
            expect((await renew(holder, 1))[0]).toBe('fenced');
          } else if (act === 'look') {
            const { claimed, state } = await store.look(run, seat);
            expect(claimed).toBe(
              (holder?.blocks ?? []).reduce(
                (sum, block) => sum + Math.min(blockSize, requests - block * blockSize),
                0,
              ),
            );
            if (!ended.has(seat)) expect(state).not.toBe('lost');
          } else if (holder === undefined) {
          } else if (act === 'start' || act === 'renew') {
            const [said] = await renew(holder, act === 'start' || begun.has(seat) ? 1 : 0);
            if (said === 'ok' && act === 'start') begun.add(seat);
            if (ended.has(seat)) expect(said).toBe('fenced');
          } else if (act === 'claim') {
            holder.claims++;
            const block = await claim(holder);
            if (!begun.has(seat) || ended.has(seat)) {
              expect(block).toBe(-3);
              holder.claims--;
            } else if (block >= 0) {
              handedOut.push(block);
              holder.blocks.push(block);
            }
          } else if (act === 'claim again') {
            if (holder.claims === 0 || ended.has(seat)) continue;
            const again = await claim(holder);
            expect(again === -1 || again === holder.blocks.at(-1)).toBe(true);
          } else {
            const final = act === 'finish' ? 1 : 0;
            if (act !== 'commit again') holder.sequence++;
            const stands = await commit(holder, final);
            // Only of a seat that has begun; the last one again stands, nothing new behind it does.
            if (!begun.has(seat)) expect(stands).toBe(0);
            else if (!ended.has(seat)) expect(stands).toBe(1);
            if (stands === 1 && final === 1) ended.add(seat);
          }
        }
        expect(new Set(handedOut).size).toBe(handedOut.length);
        expect(handedOut.sort((a, b) => a - b)).toEqual(handedOut.map((_, index) => index));
        expect(handedOut.length).toBeLessThanOrEqual(Math.ceil(requests / blockSize));
        await r.del(
          keys.run(run),
          ...[0, 1, 2].flatMap((seat) => [keys.seat(run, seat), keys.checkpoint(run, seat)]),
        );
      }),
      { numRuns: tries },
    );
  }, 120_000);

  test('accepts a checkpoint once, and no older one after it', async () => {
    const r = store.redis;
    const [seat, run, at] = [keys.seat('c', 0), keys.run('c'), keys.checkpoint('c', 0)];
    await r.hset(run, 'id', 'c');
    await r.pexpire(run, 60_000);
    const epoch = await r.lbTake(seat, run, 'a', 60_000_000);
    await r.set(keys.lock('p'), 'c');
    await r.lbRenew(seat, run, keys.lock('p'), epoch, 60_000_000, 1, 1);
    const commit = (seq: number) => r.lbCommit(seat, at, run, epoch, seq, 0, Buffer.from(String(seq)));
    for (const [seq, stands] of [
      [1, '1'],
      [3, '3'],
      [3, '3'],
      [2, '3'],
      [4, '4'],
    ] as const) {
      await commit(seq);
      expect(await r.get(at)).toBe(stands);
    }
    await r.del(seat, run, at);
  });
});
