import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLogReport } from '../../src/run/log/log.js';

/** Small logs of kinds that people have, made up after public reports, with what is right. */
const folder = join(import.meta.dirname, 'field');

interface FieldCase {
  readonly file: string;
  /** `null` where the format must be recognised. */
  readonly format?: string | null;
  readonly note: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly retries?: Readonly<Record<string, number>>;
  readonly notProxied?: number;
}

const { cases } = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8')) as { cases: FieldCase[] };
const isTold = new Set(['ingress.log', 'nginx-proxy.log', 'client-port-json.log', 'format-changed.log']);

describe('what people have', () => {
  it.each(cases.filter(({ file }) => isTold.has(file)))('$file: $note', async ({ file, ...expected }) => {
    const { runs, log } = await readLogReport({
      paths: [join(folder, file)],
      format: expected.format ?? undefined,
    });
    const backends = runs[0]?.backends ?? [];
    expect(Object.fromEntries(backends.map(({ address, count }) => [address, count]))).toEqual(expected.counts);
    const retries = backends.filter((one) => one.retries > 0).map((one) => [one.address, one.retries]);
    expect(Object.fromEntries(retries)).toEqual(expected.retries ?? {});
    if (expected.notProxied !== undefined) expect(log?.notProxied).toBe(expected.notProxied);
    expect(log?.unmatched.count).toBe(0);
  });

  it('format-changed.log: also the last 300 lines of it', async () => {
    const { runs, log } = await readLogReport({ paths: [join(folder, 'format-changed.log')], lastLines: 300 });
    expect(runs[0]?.backends.map(({ count }) => count)).toEqual([150, 150]);
    expect(log?.unmatched.count).toBe(0);
  });
});
