import { readdirSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { rehearse } from '../../../src/engine/native/rehearsal.js';
import { prepareHistograms } from '../../../src/tally/latency-histogram.js';
import { hostileServer } from './hostile-server.js';
import { jobFor, wires } from './load-jobs.js';

beforeAll(prepareHistograms);

const openFiles = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);

it.each(wires.flatMap((wire) => [true, false].map((keepAlive) => [wire, keepAlive] as const)))(
  'a rehearsal over %s, keep-alive: %s, leaves the target alone and nothing open',
  async (wire, keepAlive) => {
    const target = await hostileServer(() => {});
    const post = { name: 'a', method: 'POST', path: '/{1..9}', headers: [], weight: 1 } as const;
    const requests = [
      { ...post, body: { kind: 'bytes', bytes: Buffer.alloc(50_000) } },
      { ...post, method: 'HEAD', body: undefined },
    ] as const;
    const before = openFiles();
    await rehearse(jobFor(target.port, { keepAlive }, { requests }), wire, new AbortController().signal);
    expect(target.accepted()).toBe(0);
    await expect.poll(openFiles).toBeLessThanOrEqual(before);
    await target.close();
  },
);

it.each(wires)('a rehearsal over %s that is stopped before it begins ends at once', async (wire) => {
  await rehearse(jobFor(1), wire, AbortSignal.abort());
});

it.each(wires)('a rehearsal over %s of requests that take records in turn ends', async (wire) => {
  const words = ['a', 'b', 'c'];
  const data = {
    file: 'words',
    order: 'next',
    records: words.length,
    columns: [{ field: 'word', form: 'path' }],
    bytes: Buffer.from(words.join('')),
    ends: Uint32Array.of(1, 2, 3),
  } as const;
  const request = { name: 'a', method: 'GET', path: '/{word}', headers: [], weight: 1, body: undefined };
  const job = jobFor(1, {}, { requests: [{ ...request, dataIndex: 0 }], data: [data] });
  await rehearse(job, wire, new AbortController().signal);
});
