import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csv } from '../../src/report/csv.js';
import { json } from '../../src/report/json.js';
import { junit } from '../../src/report/junit.js';
import { terminalReport } from '../../src/report/terminal.js';
import { comparison } from '../report/fixture.js';
import { lbbench } from './io-fixture.js';

let folder: string;
const saved = json(comparison());

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-report-'));
  writeFileSync(join(folder, 'old.json'), saved);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('lbbench report', () => {
  it('shows a saved report as its run did', async () => {
    const { code, stdout, stderr } = await lbbench(folder, ['report', 'old.json']);
    expect(stdout).toBe(terminalReport(comparison(), { color: false, width: 100, isPiped: true }));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('writes every format asked for, and then nothing else', async () => {
    const { code, stdout } = await lbbench(folder, [
      ...['report', 'old.json', '--export-csv', '-', '--export-junit', 'old.xml'],
    ]);
    expect(code).toBe(0);
    expect(stdout).toBe(csv(comparison()));
    expect(readFileSync(join(folder, 'old.xml'), 'utf8')).toBe(junit(comparison()));
  });

  it('can write a report over itself', async () => {
    writeFileSync(join(folder, 'same.json'), saved);
    await lbbench(folder, ['report', 'same.json', '--export-json', 'same.json']);
    expect(JSON.parse(readFileSync(join(folder, 'same.json'), 'utf8'))).toEqual(JSON.parse(saved));
  });

  it('ends with 2 and one fault where there is no report', async () => {
    expect(await lbbench(folder, ['report', 'none.json'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        'none.json  expected a report, got no such file\n    hint: lbbench run writes reports to reports/, and with --export-json FILE\n',
    });
    writeFileSync(join(folder, 'newer.json'), '{"schema":"lbbench.report/2"}');
    expect(await lbbench(folder, ['report', 'newer.json'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('got lbbench.report/2, which is newer'),
    });
  });
});
