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
