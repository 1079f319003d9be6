import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeOfReport } from '../../src/cli/exit-codes.js';
import type { Report } from '../../src/model/report.js';
import { readLogReport } from '../../src/run/log/log.js';

/** Small logs of the kinds that people have, made up after public reports, with what is right. */
const folder = join(process.env.LBBENCH_CASES ?? join(import.meta.dirname, '../cases'), 'field');

interface FieldCase {
  readonly file: string;
  readonly note: string;
  readonly format?: string | null;
  readonly conf?: string;
  readonly upstream?: string;
  readonly threshold?: string;
  readonly exit?: number;
  readonly counts?: Readonly<Record<string, number>>;
  readonly retries?: Readonly<Record<string, number>>;
  readonly notProxied?: number;
}

const { cases } = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8')) as {
  readonly cases: readonly FieldCase[];
};

function reportOf({ file, format, conf, upstream, threshold }: FieldCase): Promise<Report> {
  return readLogReport({
    paths: [join(folder, file)],
    format: format ?? undefined,
    conf: conf === undefined ? undefined : join(folder, conf),
    upstream,
    thresholds: threshold === undefined ? undefined : [threshold],
  });
}

const backendsOf = ({ runs: [run] }: Report) => run?.backends ?? [];

describe.each(cases)('$file: $note', (one) => {
  it('has the counts, retries and verdict that are right', async () => {
    const report = await reportOf(one);
    const { counts, retries, notProxied, exit } = one;
    if (counts !== undefined) {
      const found = Object.fromEntries(backendsOf(report).map(({ address, count }) => [address, count]));
      expect(found).toEqual(counts);
    }
    if (retries !== undefined) {
      const found = backendsOf(report).flatMap(({ address, retries: count }) =>
        count > 0 ? [[address, count] as const] : [],
      );
      expect(Object.fromEntries(found)).toEqual(retries);
    }
    if (notProxied !== undefined) expect(report.log?.notProxied).toBe(notProxied);
    expect(codeOfReport(report)).toBe(exit ?? 0);
    expect(report.log?.unmatched.count).toBe(0);
  });
});

describe('the last lines of a log whose format changed', () => {
  it('are of the later format alone', async () => {
    const path = join(folder, 'format-changed.log');
    const { runs, log } = await readLogReport({ paths: [path], lastLines: 300 });
    expect(runs[0]?.backends.map(({ count }) => count)).toEqual([150, 150]);
    expect([log?.unmatched.count, runs[0]?.unattributed]).toEqual([0, 0]);
  });
});

describe('the figures beside the counts', () => {
  const named = (file: string) => {
    const found = cases.find((one) => one.file === file);
    if (found === undefined) throw new Error(`no case ${file}`);
    return found;
  };

  it('time a request that was retried', async () => {
    const [run] = (await reportOf(named('request-time-only.log'))).runs;
    expect(run?.responseMs.count).toBe(40);
    expect(run?.responseMs.p99).toBeCloseTo(5200, -1);
    expect(run?.warnings.map(({ text }) => text).join('\n')).toContain('4 of 36 had more');
  });

  it('belong to the window of the requests, not to a WebSocket of ten hours', async () => {
    const [run] = (await reportOf(named('one-websocket.log'))).runs;
    expect(run?.rps).toBeCloseTo(1, 2);
    for (const { meanInFlight } of run?.backends ?? []) expect(meanInFlight).toBeCloseTo(0.5, 2);
    expect(run?.responseMs.max).toBe(1000);
    expect(run?.warnings.map(({ text }) => text).join('\n')).toMatch(/1 connection switched protocols .* 600 min/);
  });

  it('say which variable to log where clients are all that has an address', async () => {
    const [run] = (await reportOf(named('client-port-json.log'))).runs;
    expect(run?.backends).toEqual([]);
    expect(run?.warnings.map(({ text }) => text).join('\n')).toContain('$upstream_addr');
  });
});
