import { describe, expect, it } from 'vitest';
import { families } from '../../src/figures/catalogue.js';
import { csv } from '../../src/report/csv.js';
import { exporters } from '../../src/report/exporters.js';
import { terminalReport } from '../../src/report/terminal.js';
import { run, summary } from '../verdict/run-fixture.js';
import { report } from './fixture.js';

const measured = report({ runs: [run({ firstByteBodyMs: summary({ p99: 12_345 }) })] });
const unmeasured = report({ runs: [run({ firstByteBodyMs: undefined })] });
const terminal = (of: typeof measured) => terminalReport(of, { color: false, width: 120 });

describe('the times of the catalogue', () => {
  it('each have a row in the terminal and in the HTML page', async () => {
    const load = { ...run().load, model: 'open', ratePerSec: 200 } as const;
    const open = run({ load, lagMs: summary() });
    for (const { head } of families.filter(({ ofStreams }) => !ofStreams)) {
      expect(terminal(report({ runs: [open] }))).toMatch(new RegExp(`^ {2}${head} +1,000 `, 'm'));
      expect(await exporters.html(report({ runs: [open] }))).toContain(`>${head}<`);
    }
  });

  it('have no row where nothing measured them', async () => {
    expect(terminal(measured)).toMatch(/^ {2}first byte of body .* 12,345 /m);
    expect(terminal(unmeasured)).not.toContain('first byte of body');
    expect(await exporters.html(unmeasured)).not.toContain('first byte of body');
  });

  it('have columns in CSV of what their row says', () => {
    const [head = '', ...lines] = csv(measured).split('\r\n');
    const at = head.split(',').indexOf('first_byte_body_p99_ms');
    expect(lines.map((line) => line.split(',')[at])).toEqual(['12345', '749', '', '', undefined]);
    expect(csv(unmeasured).split('\r\n')[1]?.split(',')[at]).toBe('');
  });
});
