import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readLogReport } from '../../../src/run/log/log.js';

const folder = mkdtempSync(join(tmpdir(), 'lbbench-expected-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function backendsOf(content: string, expect_: readonly string[]) {
  const path = join(folder, 'access.log');
  writeFileSync(path, content);
  const { runs } = await readLogReport({
    paths: [path],
    format: '$status $upstream_addr $upstream_status',
    expect: expect_,
  });
  const warnings = runs[0]?.warnings.map(({ code }) => code) ?? [];
  return {
    warnings,
    backends: runs[0]?.backends.map(({ address, count, expectedShare }) => [address, count, expectedShare]),
  };
}

describe('what is expected of a log', () => {
  it('is expected of names as the log has them', async () => {
    const { backends, warnings } = await backendsOf('200 srv1 200\n502 srv2 502\n', [
      'srv1=3',
      'srv2=1,srv3=0',
    ]);
    expect(backends).toEqual([
      ['srv1', 1, 0.75],
      ['srv2', 1, 0.25],
      ['srv3', 0, 0],
    ]);
    expect(warnings).not.toContain('unknown-backend');
  });

  it.each([
    ['10.1.0.2', '10.1.0.2'],
    ['10.1.0.2:80', '10.1.0.2:80'],
  ])('is expected of an address without a port, logged as %s', async (logged, shown) => {
    const { backends, warnings } = await backendsOf(`200 ${logged} 200\n`, ['10.1.0.2=1']);
    expect(backends).toEqual([[shown, 1, 1]]);
    expect(warnings).not.toContain('unknown-backend');
  });
});
