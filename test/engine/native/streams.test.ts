import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { LoadResult } from '../../../src/engine/load-job.js';
import { nativeEngine } from '../../../src/engine/native/native-engine.js';
import type { LoadPlan, RequestPlan } from '../../../src/model/plan.js';
import type { Sample } from '../../../src/model/sample.js';
import type { BackendCell } from '../../../src/tally/backend-cell.js';
import { watchLateness } from '../../lateness.js';
import { byteScript, chunk, done, role, type Step, stop, usage, word } from './byte-script.js';
import { jobFor } from './load-jobs.js';

type Options = Parameters<typeof byteScript>[1];

const asked: RequestPlan = {
  name: 'chat',
  method: 'POST',
  path: '/v1/chat/completions',
  headers: [],
  body: { kind: 'template', text: '{"stream": true}' },
  weight: 1,
};

/** One request to a server that answers by a script. */
async function run(
  steps: readonly Step[],
  options: Options = {},
  changes: Partial<LoadPlan> = {},
  request: RequestPlan = asked,
) {
  const server = await byteScript(steps, options);
  const samples: Sample[] = [];
  try {
    const load = { requests: 1, concurrency: 1, ...changes };
    const job = jobFor(server.port, load, { requests: [request], samples: true });
    const result = await nativeEngine.run(job, { onSample: (sample) => samples.push(sample) });
    return { ...result, cell: cellOf(result), sample: samples[0], written: server.written[0] ?? [] };
  } finally {
    await server.close();
  }
}

const cellOf = ({ tally }: LoadResult) =>
  tally.cells.find(({ address }) => address === '127.0.0.1:8001') as BackendCell;

const steps = (...texts: readonly string[]): Step[] => texts.map((bytes, i) => ({ atMs: 5 * i, bytes }));

describe('a stream whose bytes and times are known', () => {
  it('is measured as defined', async () => {
    const script = [
      { atMs: 0, bytes: role },
      { atMs: 50, bytes: chunk({ reasoning: 'Hm' }) },
      { atMs: 80, bytes: word('a') },
      { atMs: 90, bytes: word('b') + word('c') },
      { atMs: 130, bytes: word('d') },
      { atMs: 160, bytes: stop + usage(5) + done },
    ];
    // Where the machine stands still for long enough, two steps are one read: then it is no test.
    const isApart = (times: readonly number[]) =>
      times.every((at, i) => i === 0 || at - (times[i - 1] ?? 0) > 8);
    let machine = watchLateness();
    let measured = await run(script);
    for (let again = 0; again < 10 && !isApart(measured.written); again++) {
      machine = watchLateness();
      measured = await run(script);
    }
    const { cell, written, tally } = measured;
    const [, first, answer, third, last] = written as [number, number, number, number, number, number];
    const { clocks, counters } = cell;
    const expectMs = (clock: keyof typeof clocks, ms: number, at: 'min' | 'max' = 'max') => {
      const seenMs = (at === 'min' ? clocks[clock].minUs : clocks[clock].maxUs) / 1000;
      // The server's clock starts when it has the request, and stops when it has written; all in one process.
      expect(seenMs, clock).toBeGreaterThan(ms - 1 - machine.lateMs);
      expect(seenMs, clock).toBeLessThan(ms + 3 + machine.lateMs);
    };
    expectMs('ttft', first);
    expectMs('ttftAnswer', answer);
    expectMs('e2e', last);
    expectMs('stall', last - third);
    expectMs('gap', third - answer, 'min');
    expectMs('tpot', (last - first) / 4);
    expect(clocks.gap.count).toBe(3);
    expect(clocks.ttft.minUs).toBeGreaterThanOrEqual(50_000);
    expect(counters).toMatchObject({
      streams: 1,
      streamsComplete: 1,
      outputEvents: 5,
      outputReads: 4,
      coalescedReads: 1,
    });
    expect(tally.outcomeCounts()).toMatchObject({ started: 1, responses: 1, truncated: 0 });
    expect([clocks.tokensIn.sumUs, clocks.tokensOut.sumUs, counters.tokensCached]).toEqual([20, 5, 16]);
  });

  it.each(['chunked', 'close'] as const)('says in a sample what it was, framed %s', async (framing) => {
    const { sample } = await run(steps(role, word('a'), word('b'), stop, usage(2), done), { framing });
    expect(sample).toMatchObject({ outcome: 'response', tokensIn: 20, tokensOut: 2, cached: 16, events: 2 });
    expect(sample?.ttft).toBeGreaterThanOrEqual(5);
  });

  it.each([
    ['truncated', steps(role, word('a'), word('b')), { truncated: 1 }],
    [
      'streamError',
      steps(role, word('a'), 'data: {"error":{"message":"out of memory"}}\n\n', done),
      { streamErrors: 1 },
    ],
    ['streamError', steps('event: error\ndata: {"message":"overloaded"}\n\n'), { streamErrors: 1 }],
    ['empty', steps(role, stop, done), { emptyStreams: 1 }],
    ['empty', [], { emptyStreams: 1 }],
  ] as const)('counts %s against the backend that sent the head', async (outcome, script, counts) => {
    const { tally, cell, sample } = await run(script);
    expect(tally.outcomeCounts()).toMatchObject({ started: 1, responses: 0, ...counts });
    expect(sample).toMatchObject({ outcome, backend: '127.0.0.1:8001', status: 200 });
    expect(cell.counters.streams).toBe(1);
    expect(tally.errors.entries()).toHaveLength(1);
  });

  it('keeps the words of an error, without what they would do to a terminal', async () => {
    const { tally } = await run(steps('data: {"error":{"message":"out of \\u001b[2Jmemory"}}\n\n'));
    expect(tally.errors.entries()).toEqual([['error in a stream: out of \ufffd[2Jmemory', 1]]);
  });

  it('calls a body that is cut closed, and books what came of it', async () => {
    const { tally, cell } = await run(steps(role, word('a'), word('b')), { isCut: true });
    expect(tally.outcomeCounts()).toMatchObject({ closed: 1, truncated: 0 });
    expect(cell.counters).toMatchObject({ streams: 1, eventsOut: 2 });
    expect(cell.clocks.ttft.count).toBe(1);
  });

  it('takes the end of the connection for the end of a stream only when it has said so', async () => {
    const { tally } = await run(steps(role, word('a')), { framing: 'close' });
    expect(tally.outcomeCounts()).toMatchObject({ truncated: 1, responses: 0 });
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('inflates %s', async (coding, compress) => {
    const bytes = compress(Buffer.from([role, word('Grüße'), word('b'), stop, usage(2), done].join('')));
    const half = Math.floor(bytes.length / 2);
    const { cell, tally } = await run(
      [
        { atMs: 0, bytes: bytes.subarray(0, half) },
        { atMs: 20, bytes: bytes.subarray(half) },
      ],
      { fields: ['content-type: Text/Event-Stream; charset=utf-8', `Content-Encoding: ${coding}`] },
    );
    expect(tally.outcomeCounts()).toMatchObject({ responses: 1 });
    expect(cell.counters).toMatchObject({ streams: 1, streamsCompressed: 1, outputEvents: 2 });
    expect(cell.clocks.tokensOut.sumUs).toBe(2);
  });

  it('calls a stream truncated that is damaged where it is compressed', async () => {
    const bytes = gzipSync(Buffer.from([role, word('a'), stop, done].join('')));
    bytes.fill(0x55, 20, bytes.length - 4);
    const fields = ['Content-Type: text/event-stream', 'Content-Encoding: gzip'];
    const { tally } = await run([{ atMs: 0, bytes }], { fields, framing: 'close' });
    expect(tally.outcomeCounts().responses).toBe(0);
    expect(tally.ended).toBe(1);
  });

  it('counts an answer that is no stream, and its tokens', async () => {
    const body = JSON.stringify({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } });
    const { cell, tally } = await run([{ atMs: 0, bytes: body }], {
      fields: ['Content-Type: application/json'],
    });
    expect(tally.outcomeCounts()).toMatchObject({ responses: 1 });
    expect(cell.counters).toMatchObject({ notStreamed: 1, streams: 0 });
    expect([cell.clocks.tokensIn.sumUs, cell.clocks.tokensOut.sumUs, cell.clocks.ttft.count]).toEqual([
      9, 4, 0,
    ]);
  });

  it('leaves alone event streams of another kind', async () => {
    const { cell, tally, sample } = await run(steps('data: tick\n\n'), {}, {}, { ...asked, body: undefined });
    expect(tally.outcomeCounts()).toEqual(expect.objectContaining({ responses: 1 }));
    expect(cell.counters.streams).toBe(0);
    expect(sample).not.toHaveProperty('ttft');
  });

  it('gives up a stream that is silent, and lets one go on that is not', async () => {
    const slow = [role, word('a'), word('b'), stop, done].map((bytes, i) => ({ atMs: 200 * i, bytes }));
    const patient = await run(
      slow,
      {},
      {
        timeoutMs: 500,
        streamTimeoutMs: 10_000,
        idleTimeoutMs: 5_000,
      },
    );
    expect(patient.tally.outcomeCounts()).toMatchObject({ responses: 1, timeouts: 0 });
    const silent = [...slow.slice(0, 2), { atMs: 3_000, bytes: stop }];
    const { tally, cell } = await run(silent, {}, { timeoutMs: 10_000, idleTimeoutMs: 200 });
    expect(tally.outcomeCounts()).toMatchObject({ timeouts: 1 });
    expect(tally.errors.entries()).toEqual([['a stream was silent for 200 ms', 1]]);
    expect(cell.counters.eventsOut).toBe(1);
  });

  it('reads one stream after another on a kept connection', async () => {
    const { tally, cell } = await run(steps(role, word('a'), stop, usage(1), done), {}, {
      requests: 5,
    } as never);
    expect(tally.outcomeCounts()).toMatchObject({ responses: 5 });
    expect(cell.counters.streamsComplete).toBe(5);
  });
});
