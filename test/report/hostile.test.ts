import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { type ExportFormat, exporters } from '../../src/report/exporters.js';
import { readReport } from '../../src/report/read-report.js';
import { backend, hostile, latency, report, run, threshold } from './fixture.js';

/** Every place of a report that holds text from outside, filled with one text. */
function filledWith(text: string): Report {
  return report({
    tool: { version: text, node: text, platform: text },
    startedAt: text,
    scenario: { name: text, [text]: [text] },
    runs: [
      run({
        name: text,
        algorithm: text,
        balancer: text,
        engine: text,
        status: { [text]: 1 },
        requests: [{ name: text, count: 1, serviceMs: latency(1, 1) }],
        backends: [backend({ address: text, count: 1, status: { [text]: 1 } })],
        timeline: [{ atMs: 0, sliceMs: 10, backends: { [text]: { count: 1, inFlight: 1 } } }],
        warnings: [{ code: 'errors', text }],
      }),
    ],
    thresholds: [threshold({ rule: text, run: text, note: text, verdict: 'fail' })],
    verdict: 'fail',
  });
}

const texts: Readonly<Record<string, string>> = {
  ...hostile,
  'ten kilobytes': 'x<"\'&'.repeat(2000),
  'unpaired surrogates': 'a\ud800b\udc00c\udbff',
  'every control': Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join(''),
  'what ends other formats': ']]>--></style></script>\u0085\ufffe\uffff``` | :: %0A ##[error] \\" \'',
};

const formats = Object.keys(exporters) as ExportFormat[];

describe.each(Object.entries(texts))('with %s in every name', (_what, text) => {
  it.each(formats)('%s has neither controls nor halves of characters', async (format) => {
    const out = await exporters[format](filledWith(text));
    expect(out).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e]|\p{Cs}/u);
    expect(Buffer.from(out).toString()).toBe(out);
    // Eight series of a chart repeat their names; a name of 10 KB does not make a report of megabytes.
    if (format !== 'json') expect(out.length).toBeLessThan(120_000);
  });

  it('JSON gives the very same back', () => {
    expect(readReport(exporters.json(filledWith(text)), 'it').runs).toEqual(filledWith(text).runs);
  });

  it('CSV has no field that a spreadsheet takes for a formula', () => {
    const fields = [
      ...exporters.csv(filledWith(text)).matchAll(/(?:^|,|\r\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g),
    ];
    for (const [, quoted, plain] of fields) {
      const field = quoted ?? plain ?? '';
      if (!/^-?[\d.e-]+$/.test(field)) expect(field).not.toMatch(/^[=+\-@\t\r]/);
    }
  });
});
