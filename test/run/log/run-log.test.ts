import { appendFileSync, copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loggedRun } from '../../../src/run/log/logged-run.js';
import { RunLog, type RunLogReading } from '../../../src/run/log/run-log.js';
import { figuresOf } from '../../../src/run/tally-figures.js';
import { prepareHistograms } from '../../../src/tally/latency-histogram.js';
import { Tally } from '../../../src/tally/tally.js';

let folder: string;
let log: string;
beforeEach(async () => {
  await prepareHistograms();
  folder = mkdtempSync(join(tmpdir(), 'lbbench-run-log-'));
  log = join(folder, 'access.log');
  writeFileSync(log, '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const format = '$status "$http_user_agent" $upstream_response_time to: $upstream_addr';
const [a, b] = ['127.0.0.1:8001', '127.0.0.1:8002'];

function open(): Promise<RunLog> {
  return RunLog.open(
    { by: 'log', file: log, format, header: 'x-upstream' },
    { log: '--log', format: '--log-format' },
  );
}

const line = (mark: string, status: number, times: string, addresses: string) =>
  appendFileSync(log, `${status} "lbbench/0.1.0 (${mark})" ${times} to: ${addresses}\n`);

/** What the client saw by the header: so many responses of 1 ms by each backend, so many retries. */
function clientTally(counts: Readonly<Record<string, readonly [count: number, retries: number]>>): Tally {
  const tally = new Tally({ requestNames: ['GET /'], open: false, abColumns: false });
  for (const [address, [count, retries]] of Object.entries(counts)) {
    const cell = tally.cellOf(address);
    for (let i = 0; i < count; i++) tally.recordResponse(0, cell, 200, 0, 1000, 1000);
    const backend = tally.cells[cell];
    if (backend !== undefined) backend.counters.retries = retries;
  }
  tally.close();
  return tally;
}

type Read = Extract<RunLogReading, { readonly waitedMs: number }>;

async function readBy(runLog: RunLog, tally: Tally): Promise<Read> {
  // Interrupted runs wait a second only.
  const reading = await runLog.read({ tally, interrupted: true });
  if (reading.result === undefined) throw new Error(reading.problem);
  return reading;
}

const options = { durationMs: 1000, expected: undefined, skewLimit: undefined, requests: [] };

describe('a run beside its log', () => {
  it('counts responses, retries and times of its own requests by the log', async () => {
    line('run 000000000000', 200, '0.100', b);
    const runLog = await open();
    line(`warm-up ${runLog.runId}`, 200, '0.100', a);
    line(`run ${runLog.runId}`, 200, '0.004', a);
    line(`run ${runLog.runId}`, 200, '0.001, 0.002', `${a}, ${b}`);
    const tally = clientTally({ [a]: [1, 1], [b]: [1, 0] });
    const { figures, reconciliation, warnings } = loggedRun(
      await readBy(runLog, tally),
      figuresOf(tally, options),
      options,
    );
    expect(
      figures.backends.map(({ address, count, retries, serviceMs }) => [
        address,
        count,
        retries,
        serviceMs.max,
      ]),
    ).toEqual([
      [a, 1, 1, 4],
      [b, 1, 0, 2],
    ]);
    expect(figures.unattributed).toBe(0);
    expect(reconciliation.differences).toEqual([]);
    expect(warnings.map(({ code }) => code)).not.toContain('reconciliation');
  });

  it('names every difference between the two', async () => {
    const runLog = await open();
    line(`run ${runLog.runId}`, 200, '0.001, 0.004', `${a}, ${b}`);
    line(`run ${runLog.runId}`, 499, '0.300', a);
    appendFileSync(log, 'torn\n');
    // Three responses by the header, of which the log has one.
    const tally = clientTally({ [a]: [1, 0], [b]: [2, 0] });
    const { figures, reconciliation, warnings } = loggedRun(
      await readBy(runLog, tally),
      figuresOf(tally, options),
      options,
    );
    expect(reconciliation).toMatchObject({ clientResponses: 3, logLines: 2, givenUp: 1, unmatched: 1 });
    const [missing, ...others] = reconciliation.differences;
    expect(missing).toMatch(/^2 of 3 responses have no line in the log after waiting 1\.\d s/);
    expect(others).toEqual([
      '1 request given up by the client before nginx answered (status 499)',
      '1 line could not be read',
      `${a} served 1 by the header and 0 by the log`,
      `${a} failed 0 attempts by the header and 1 by the log`,
      `${b} served 2 by the header and 1 by the log`,
    ]);
    // Two responses of which the log knows nothing.
    expect(figures.unattributed).toBe(2);
    expect(warnings.find(({ code }) => code === 'reconciliation')?.text).toMatch(
      /; and 3 more in the report$/,
    );
  });

  it('expects of each backend what it got over the stretches in which it was there', async () => {
    const timed = '$msec $status "$http_user_agent" to: $upstream_addr';
    const at = { by: 'log', file: log, format: timed, header: 'x-upstream' } as const;
    const c = '127.0.0.1:8003';
    const judged = async (serverAt: (n: number) => string, away?: { fromMs: number; toMs: number }) => {
      const runLog = await RunLog.open(at, { log: '--log', format: '--log-format' });
      for (let n = 0; n < 1000; n++) {
        const moment = (1.7e9 + n / 100).toFixed(3);
        appendFileSync(log, `${moment} 200 "x (run ${runLog.runId})" to: ${serverAt(n)}\n`);
      }
      const counts = new Map<string, [number, number]>();
      for (let n = 0; n < 1000; n++) counts.set(serverAt(n), [(counts.get(serverAt(n))?.[0] ?? 0) + 1, 0]);
      const tally = clientTally(Object.fromEntries(counts));
      const { figures, warnings } = loggedRun(await readBy(runLog, tally), figuresOf(tally, options), {
        ...options,
        away: away && [{ address: b, ...away }],
      });
      return { ...figures.distribution, codes: warnings.map(({ code }) => code) };
    };
    // Replaced half-way; gone, and nobody knows why; gone, because it was stopped.
    const replaced = await judged((n) => (n % 2 === 0 ? a : n < 500 ? b : c));
    expect(replaced.skew).toBeLessThan(0.01);
    expect(replaced.codes).toContain('came-and-went');
    const gone = (n: number) => (n % 2 === 0 || n >= 500 ? a : b);
    const vanished = await judged(gone);
    expect([vanished.skew, (vanished.presentSkew ?? 1) < 0.01]).toEqual([0.5, true]);
    const stopped = await judged(gone, { fromMs: 5000, toMs: 10_000 });
    expect(stopped.skew).toBeLessThan(0.01);
  });

  it.each([0, 3])(
    'reads all of a log that was copied and truncated behind %i lines, and of its copy',
    async (before) => {
      for (let i = 0; i < before; i++) line('run 000000000000', 200, '0.100', b);
      const runLog = await open();
      line(`run ${runLog.runId}`, 200, '0.004', a);
      copyFileSync(log, `${log}.1`);
      truncateSync(log);
      // More than there was before the run.
      for (let i = 0; i < 9; i++) line(`run ${runLog.runId}`, 200, '0.004', b);
      const { result } = await readBy(runLog, clientTally({ [a]: [1, 0], [b]: [9, 0] }));
      expect(Object.fromEntries(result.attempts ?? [])).toEqual({ [a]: 1, [b]: 9 });
    },
  );

  it("keeps the client's times where the log has none", async () => {
    const untimed = '$status "$http_user_agent" to: $upstream_addr';
    const runLog = await RunLog.open(
      { by: 'log', file: log, format: untimed, header: 'x-upstream' },
      { log: '--log', format: '--log-format' },
    );
    appendFileSync(log, `200 "x (run ${runLog.runId})" to: ${a}\n`);
    const tally = clientTally({ [a]: [1, 0] });
    const { figures } = loggedRun(await readBy(runLog, tally), figuresOf(tally, options), options);
    expect(figures.backends[0]).toMatchObject({ count: 1, serviceMs: { count: 1, max: 1 }, peakInFlight: 1 });
  });

  it('says so when the log has nothing of the run', async () => {
    const runLog = await open();
    const reading = await runLog.read({ tally: clientTally({ [a]: [1, 0] }), interrupted: true });
    expect(reading).toEqual({ file: log, result: undefined, problem: 'it stayed empty' });
    line('run 000000000000', 200, '0.1', a);
    const later = await runLog.read({ tally: clientTally({ [a]: [1, 0] }), interrupted: true });
    expect(later).toMatchObject({ result: undefined, problem: 'it has no line of this run' });
  });

  it('is refused before the run where the log is in a format that does not tell the backends', async () => {
    writeFileSync(log, '127.0.0.1 - - [22/Nov/2026:10:04:03 +0000] "GET / HTTP/1.1" 200 2 "-" "curl/8"\n');
    const places = { log: 'attribution.log', format: 'attribution.format' };
    const recognised = { by: 'log', file: log, format: undefined, header: 'x-upstream' } as const;
    await expect(RunLog.open(recognised, places)).rejects.toMatchObject({
      kind: 'usage',
      faults: [
        {
          path: 'attribution.log',
          message: expect.stringMatching(
            /^expected a log_format with \$upstream_addr, got "\$remote_addr - /,
          ),
        },
      ],
    });
  });

  it('survives a log that goes away', async () => {
    const runLog = await open();
    rmSync(log);
    const reading = await runLog.read({ tally: clientTally({ [a]: [1, 0] }), interrupted: true });
    expect(reading.result).toBeUndefined();
  });
});
