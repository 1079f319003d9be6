import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type LogReportOptions, readLogReport } from '../../../src/run/log/log.js';

const folder = mkdtempSync(join(tmpdir(), 'lbbench-window-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const format =
  '$remote_addr [$time_local] "$request" $status $request_time $upstream_addr $upstream_response_time';
const [a, b] = ['10.0.0.1:80', '10.0.0.2:80'];

/** A line that ended so many seconds after ten o'clock. */
function line(second: number, took: number, status = 200, to = second % 2 === 0 ? a : b): string {
  const clock = new Date(Date.UTC(2026, 10, 22, 10) + second * 1000).toISOString().slice(11, 19);
  const time = took.toFixed(3);
  return `192.0.2.1 [22/Nov/2026:${clock} +0000] "GET / HTTP/1.1" ${status} ${time} ${to} ${time}\n`;
}

/** One request a second for ten minutes, each of one second, and a long one that ends among them. */
const long = [
  ...Array.from({ length: 300 }, (_, second) => line(second, 1)),
  line(299, 36_000, 200, a),
  ...Array.from({ length: 300 }, (_, second) => line(300 + second, 1)),
].join('');

async function runOf(content: string | Uint8Array, options: Partial<LogReportOptions> = {}) {
  const path = join(folder, 'access.log');
  writeFileSync(path, content);
  const report = await readLogReport({ paths: [path], format, ...options });
  const [run] = report.runs;
  if (run === undefined || report.log === undefined) throw new Error('no run');
  return { run, log: report.log };
}

describe('the window of a log', () => {
  it('is where its lines end, whatever began long before', async () => {
    const { run, log } = await runOf(long);
    expect([log.from, log.to]).toEqual(['2026-11-22T10:00:00.000Z', '2026-11-22T10:09:59.000Z']);
    expect(run.rps).toBeCloseTo(601 / 599, 6);
    // 300 requests of 1 s at each, the first of which ended as the window began; the long one was there for 299 s.
    expect(run.backends.map(({ meanInFlight }) => meanInFlight)).toEqual([
      expect.closeTo((299 + 299) / 599, 6),
      expect.closeTo(300 / 599, 6),
    ]);
    // It is a request like others, and the longest of all.
    expect(run.responseMs.max).toBe(36_000_000);
    expect(run.timeline.reduce((sum, { sliceMs }) => sum + sliceMs, 0)).toBeLessThan(700_000);
    expect(run.warnings.find(({ code }) => code === 'long-lines')?.text).toContain(
      'began 595 min 1 s before',
    );
  });

  it('is from --since to --until where the log covers them', async () => {
    const { run, log } = await runOf(long, { since: '2026-11-22T10:02:00Z', until: '2026-11-22T10:08:00Z' });
    expect([log.from, log.to]).toEqual(['2026-11-22T10:02:00.000Z', '2026-11-22T10:08:00.000Z']);
    expect(run.rps).toBeCloseTo(361 / 360, 6);
    expect(run.backends[0]?.meanInFlight).toBeCloseTo((179 + 179) / 360, 6);
  });

  it('ends where the log does when more was asked for', async () => {
    const { log } = await runOf(long, { since: '2026-11-21T00:00:00Z', until: '2026-11-23T00:00:00Z' });
    expect([log.from, log.to]).toEqual(['2026-11-22T10:00:00.000Z', '2026-11-22T10:09:59.000Z']);
  });

  it('is that of the log, not of the few requests that were selected', async () => {
    const content = long + line(600, 1, 503) + line(600, 1);
    const { run, log } = await runOf(content, { selection: { status: ['503'] } });
    expect(log.to).toBe('2026-11-22T10:10:00.000Z');
    expect(run.rps).toBeCloseTo(1 / 600, 9);
  });

  it('is the same for compressed files, pipes, several threads and the last lines', async () => {
    const whole = await runOf(long);
    const figures = ({ run, log }: Awaited<ReturnType<typeof runOf>>) => ({
      ...log,
      files: [],
      rps: run.rps,
      backends: run.backends,
      timeline: run.timeline,
    });
    expect(figures(await runOf(gzipSync(long)))).toEqual(figures(whole));
    expect(figures(await runOf(gzipSync(long), { lastLines: 601 }))).toEqual(figures(whole));
    expect(figures(await runOf(long, { threads: 3 }))).toEqual(figures(whole));
    const last = await runOf(long, { lastLines: 100 });
    expect(last.log.from).toBe('2026-11-22T10:08:20.000Z');
    expect(last.run.backends.map(({ meanInFlight }) => meanInFlight)).toEqual([
      expect.closeTo(49 / 99, 6),
      expect.closeTo(50 / 99, 6),
    ]);
  });

  it('leaves connections that switched protocols out of the times, and says so', async () => {
    const { run } = await runOf(long + line(599, 36_000, 101, b));
    expect(run.status).toEqual({ '101': 1, '200': 601 });
    expect(run.responseMs.count).toBe(601);
    expect(run.backends[1]?.count).toBe(301);
    expect(run.backends[1]?.serviceMs.count).toBe(300);
    expect(run.backends[1]?.meanInFlight).toBeCloseTo(300 / 599, 6);
    expect(run.warnings.map(({ text }) => text).join('\n')).toContain('1 connection switched protocols (101');
  });
});

describe('response times of a log', () => {
  const times = async (text: string, content: string) => {
    const { run } = await runOf(content, { format: text });
    return { run, texts: run.warnings.map(({ text: one }) => one).join('\n') };
  };

  it('are $request_time of every request, also without $upstream_addr', async () => {
    const { run, texts } = await times('$request_time $status', '0.100 200\n5.200 200\n0.300 404\n');
    expect(run.responseMs).toMatchObject({ count: 3, max: 5200 });
    expect(run.serviceMs.count).toBe(0);
    expect(texts).not.toContain('how long they took');
  });

  it('say of how many requests they are not', async () => {
    const { run, texts } = await times(
      '$status "$upstream_response_time" $upstream_addr $request_time',
      [`200 "0.100" ${a} 0.200\n`, `200 "0.100, 0.200" ${a}, ${b} 0.400\n`].join(''),
    );
    expect([run.responseMs.count, run.serviceMs.count]).toEqual([2, 2]);
    expect(texts).not.toMatch(/carry no time|had more/);
    const attempts = await times(
      '$status "$upstream_response_time" $upstream_addr',
      `200 "0.100, 0.200" ${a}, ${b}\n`,
    );
    expect(attempts.run.responseMs.max).toBe(200);
    expect(attempts.texts).toContain('response times are those of the attempt that served');
  });
});
