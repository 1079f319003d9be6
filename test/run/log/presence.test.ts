import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readLogReport } from '../../../src/run/log/log.js';

const folder = mkdtempSync(join(tmpdir(), 'lbbench-presence-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [a, b, c] = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'];

/** A log of an hour, a request a second, with the threshold that its spread is even. */
async function verdictOf(serverAt: (second: number) => string) {
  const path = join(folder, 'access.log');
  const lines = Array.from({ length: 3600 }, (_, i) => `${1_700_000_000 + i}.000 200 ${serverAt(i)}\n`);
  writeFileSync(path, lines.join(''));
  const report = await readLogReport({
    paths: [path],
    format: '$msec $status $upstream_addr',
    thresholds: ['skew < 5%'],
  });
  return { verdict: report.verdict, note: report.thresholds[0]?.note ?? '' };
}

describe('the spread of a log in which backends come and go', () => {
  it('is even where a pod was replaced half-way', async () => {
    expect((await verdictOf((i) => (i % 2 === 0 ? a : i < 1800 ? b : c))).verdict).toBe('pass');
  });

  it('is a skew where it is one within the stretches', async () => {
    expect((await verdictOf((i) => (i % 10 < 7 ? a : i < 1800 ? b : c))).verdict).toBe('fail');
    expect((await verdictOf((i) => (i % 10 < 7 ? a : b))).verdict).toBe('fail');
  });

  it('is inconclusive where a backend vanished and nobody took its place, and says why', async () => {
    const { verdict, note } = await verdictOf((i) => (i % 2 === 0 || i > 1800 ? a : b));
    expect(verdict).toBe('inconclusive');
    expect(note).toContain('cannot be told from one that was away');
  });
});

/** The rows of the same log, split by hour, by minute or by URI. */
async function rowsOf(by: string, lineAt: (second: number) => readonly [uri: string, server: string]) {
  const path = join(folder, 'rows.log');
  const lines = Array.from({ length: 7200 }, (_, i) => {
    const [uri, server] = lineAt(i);
    return `${1_700_000_000 + i}.000 200 ${uri} ${server}\n`;
  });
  writeFileSync(path, lines.join(''));
  const report = await readLogReport({
    paths: [path],
    format: '$msec $status $request_uri $upstream_addr',
    by,
  });
  return report.log?.groups ?? [];
}

describe('the rows of a log in which backends come and go', () => {
  it('are even where a pod was replaced, within an hour and between hours', async () => {
    // The log begins 13 minutes and 20 seconds past ten; the pod is replaced at noon less twenty minutes.
    const rows = await rowsOf('hour', (i) => ['/', i % 2 === 0 ? a : i < 4000 ? b : c]);
    expect(rows.map(({ key, count }) => [key.slice(-2), count])).toEqual([
      ['22', 2800],
      ['23', 3600],
      ['00', 800],
    ]);
    for (const { skew } of rows) expect(skew).toBeLessThan(0.01);
  });

  it('are even for what was asked for only in one stretch, and uneven where they are', async () => {
    const rows = await rowsOf('uri', (i) => {
      if (i < 2000 && i % 10 === 3) return ['/early', i % 20 === 3 ? a : b];
      if (i >= 5000 && i % 10 === 3) return ['/late', i % 20 === 3 ? a : c];
      if (i % 10 === 5) return ['/uneven', i % 30 === 5 ? a : i < 4000 ? b : c];
      return ['/', i % 2 === 0 ? a : i < 4000 ? b : c];
    });
    const skews = Object.fromEntries(rows.map(({ key, skew = -1 }) => [key, skew]));
    expect(skews['/early']).toBeCloseTo(0, 12);
    expect(skews['/late']).toBeCloseTo(0, 12);
    expect(skews['/uneven']).toBeGreaterThan(0.3);
  });

  it('say what the skew is if who vanished was away, where nobody took its place', async () => {
    const [first, , last] = await rowsOf('hour', (i) => ['/', i % 2 === 0 || i > 2800 ? a : b]);
    expect([first?.skew, (first?.presentSkew ?? 1) < 0.01]).toEqual([0, true]);
    expect(last?.skew).toBe(1);
    expect(last?.presentSkew).toBeCloseTo(0, 12);
  });
});
