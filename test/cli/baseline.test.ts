import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lbbench } from './io-fixture.js';

let folder: string;
const scenario = `
name: gate
target: http://127.0.0.1:9
engine: scripted
expect: { 127.0.0.1:8001: 1, 127.0.0.1:8002: 1 }
load: { requests: 400, concurrency: 4 }
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-baseline-'));
  writeFileSync(join(folder, 'plain.yaml'), scenario);
  writeFileSync(
    join(folder, 'gate.yaml'),
    `${scenario}baseline: main.json\nthresholds: ["p99 <= baseline * 1.1"]\n`,
  );
  await lbbench(folder, ['run', join(folder, 'plain.yaml'), '--quiet', '--export-json', 'main.json']);
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...flags: string[]) => lbbench(folder, ['run', ...flags, '--quiet', '--export-json', '-']);

describe('a baseline', () => {
  it('is read from beside the scenario and holds against itself', async () => {
    const { code, stdout } = await run(join(folder, 'gate.yaml'));
    expect(JSON.parse(stdout).thresholds).toMatchObject([
      { rule: 'p99 <= baseline * 1.1', verdict: 'pass' },
      { rule: 'errors < 1%', implied: true, verdict: 'pass' },
    ]);
    expect(code).toBe(0);
  });

  it('is also given by flag, and a rule that it breaks ends the run with 1', async () => {
    const rule = ['--threshold', 'rps > baseline * 2'];
    expect(await run(join(folder, 'plain.yaml'), '--baseline', 'main.json', ...rule)).toMatchObject({
      code: 1,
    });
  });

  it('with a damaged histogram has no data, and the run that was judged by it is kept', async () => {
    const damaged = JSON.parse(readFileSync(join(folder, 'main.json'), 'utf8'));
    for (const { responseMs } of damaged.runs) responseMs.histogram = responseMs.histogram.slice(0, 20);
    writeFileSync(join(folder, 'damaged.json'), JSON.stringify(damaged));
    const rule = ['--threshold', 'p97 <= baseline * 1.1'];
    const { code, stdout } = await run(join(folder, 'plain.yaml'), '--baseline', 'damaged.json', ...rule);
    expect(JSON.parse(stdout)).toMatchObject({
      runs: [{ outcomes: { responses: 400 } }],
      thresholds: [{ verdict: 'no-data', note: 'baseline: not measured' }, { verdict: 'pass' }],
    });
    expect(code).toBe(4);
    expect(await lbbench(folder, ['compare', 'damaged.json', 'main.json', ...rule])).toMatchObject({
      code: 4,
      stderr: '',
    });
  });

  it('must be there before a request is sent', async () => {
    const missing = await run(join(folder, 'plain.yaml'), '--baseline', 'none.json');
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toContain('none.json  expected a report, got no such file');
    const unnamed = await run(join(folder, 'plain.yaml'), '--threshold', 'p99 <= baseline');
    expect(unnamed).toMatchObject({ code: 2, stdout: '' });
    expect(unnamed.stderr).toContain('expected a baseline for the rule to refer to, got none');
    expect(unnamed.stderr).toContain(
      'hint: name a saved report: baseline: reports/main.json, or --baseline FILE',
    );
  });
});
