import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../../src/report/json.js';
import { report, run } from '../report/fixture.js';
import { lbbench } from './io-fixture.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-compare-'));
  writeFileSync(join(folder, 'main.json'), json(report({ runs: [run({ rps: 100 })] })));
  writeFileSync(join(folder, 'slow.json'), json(report({ runs: [run({ rps: 80 })] })));
  writeFileSync(join(folder, 'newer.json'), '{"schema":"lbbench.report/7"}');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('lbbench compare', () => {
  it.each([
    [[], 0],
    [['--threshold', 'rps >= baseline * 0.75'], 0],
    [['--threshold', 'rps >= baseline * 0.9'], 1],
    [['--threshold', 'p99{request=nothing} <= baseline'], 4],
    [['--threshold', 'rps is good'], 2],
  ])('ends with thresholds %j in %d', async (flags, code) => {
    expect((await lbbench(folder, ['compare', 'main.json', 'slow.json', ...flags])).code).toBe(code);
  });

  it('writes JSON and Markdown, and then nothing else to stdout', async () => {
    const asJson = await lbbench(folder, ['compare', 'main.json', 'slow.json', '--export-json', '-']);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ schema: 'lbbench.comparison/1', verdict: null });
    const asMarkdown = await lbbench(folder, ['compare', 'main.json', 'slow.json', '--export-markdown', '-']);
    expect(asMarkdown.stdout).toMatch(/^## lbbench compare\n/);
  });

  it('refuses reports of other versions and a report without another', async () => {
    expect(await lbbench(folder, ['compare', 'main.json', 'newer.json'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'newer.json  expected a report of schema lbbench.report/1, got lbbench.report/7',
      ),
    });
    expect((await lbbench(folder, ['compare', 'main.json'])).code).toBe(2);
  });
});
