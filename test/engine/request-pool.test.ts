import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtApart } from '../../build/apart.js';
import { LocalPool, type RequestPool, SharedPool, sharedPoolLimit } from '../../src/engine/request-pool.js';

function drain(pool: RequestPool): number[] {
  const numbers: number[] = [];
  for (let number = pool.claim(); number >= 0; number = pool.claim()) numbers.push(number);
  return numbers;
}

const upTo = (size: number) => Array.from({ length: size }, (_, index) => index);

describe('a pool', () => {
  it.each([0, 1, 7, 1000])('of %i gives out each number once, and then says so for ever', (size) => {
    for (const pool of [new LocalPool(size), new SharedPool(size, SharedPool.memory())]) {
      expect(drain(pool)).toEqual(upTo(size));
      expect([pool.claim(), pool.claim()]).toEqual([-1, -1]);
    }
  });

  it('bounded by time alone never runs dry', () => {
    const pool = new LocalPool(Number.POSITIVE_INFINITY);
    for (let number = 0; number < 1000; number++) expect(pool.claim()).toBe(number);
  });
});

describe('a shared pool', () => {
  it('gives each number to one of those who share it, whoever asks when', () => {
    const turns = fc.array(fc.nat(4), { maxLength: 200 });
    fc.assert(
      fc.property(turns, fc.nat(100), (order, size) => {
        const memory = SharedPool.memory();
        const pools = upTo(5).map(() => new SharedPool(size, memory));
        const claimed = order.map((who) => pools[who]?.claim()).filter((number) => number !== -1);
        expect(claimed).toEqual(upTo(Math.min(size, order.length)));
      }),
    );
  });

  it('does so between threads that ask at the same time', async () => {
    const size = 200_000;
    const memory = SharedPool.memory();
    const module = await builtApart('engine/request-pool');
    const source = `
      const { parentPort, workerData: { module, memory, size } } = require('node:worker_threads');
      import(module).then(({ SharedPool }) => {
        const pool = new SharedPool(size, memory);
        const claimed = [];
        parentPort.postMessage('ready');
        for (let number = pool.claim(); number >= 0; number = pool.claim()) claimed.push(number);
        parentPort.postMessage(claimed);
      });`;
    const worker = new Worker(source, { eval: true, workerData: { module, memory, size } });
    await once(worker, 'message');
    const theirs = once(worker, 'message') as Promise<[number[]]>;
    const mine = drain(new SharedPool(size, memory));
    const [claimed] = await theirs;
    expect([...mine, ...claimed].sort((a, b) => a - b)).toEqual(upTo(size));
  });

  it('stops before its counter would wrap', () => {
    const memory = SharedPool.memory();
    new Uint32Array(memory)[0] = sharedPoolLimit - 1;
    const pool = new SharedPool(Number.POSITIVE_INFINITY, memory);
    expect([pool.claim(), pool.claim(), pool.claim()]).toEqual([sharedPoolLimit - 1, -1, -1]);
    expect(sharedPoolLimit).toBeLessThan(2 ** 32);
  });
});
