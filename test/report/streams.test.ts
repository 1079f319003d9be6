import { beforeAll, describe, expect, it } from 'vitest';
import { reportSchema } from '../../src/model/report.js';
import { csv } from '../../src/report/csv.js';
import { exporters } from '../../src/report/exporters.js';
import { markdown } from '../../src/report/markdown.js';
import { terminalReport } from '../../src/report/terminal.js';
import { prepareHistograms } from '../../src/tally/latency-histogram.js';
import { streamedRun } from '../figures/streamed-run.js';
import { run } from '../verdict/run-fixture.js';
import { report } from './fixture.js';

beforeAll(prepareHistograms);

const streamed = () =>
  report({
    runs: [
      streamedRun(
        Array.from({ length: 200 }, (_, i) => ({
          backend: i % 2,
          prompt: 500,
          tokens: i % 2 === 0 ? 30 : 20,
          cached: 250,
        })),
        2,
        { ttftMs: 500, tpotMs: 20, e2eMs: undefined },
      ),
    ],
  });
const plain = report({ runs: [run()] });
const terminal = (of: typeof plain) => terminalReport(of, { color: false, width: 140 });

describe('streams of language models', () => {
  it('have a table of their own on the terminal', () => {
    const text = terminal(streamed());
    expect(text).toMatch(/127\.0\.0\.1:8001 +│? *3,000 .*60\.0 %/);
    expect(text).toMatch(/Token skew +20\.0 % +chance alone explains up to \d/);
    expect(text).toMatch(/Prompt skew +0 %/);
    expect(text).toMatch(/Goodput +100 % .*kept ttft 500 ms, tpot 20\.0 ms/);
    expect(text).toMatch(/Streams +200 +complete; 1\.00 events a read/);
  });

  it('are in every exporter', async () => {
    const of = streamed();
    expect(markdown(of)).toMatch(/\| `127\.0\.0\.1:8001` \| 3,000 \|/);
    const page = await exporters.html(of);
    expect(page).toContain('Streams of language models');
    expect(page).toMatch(
      /Share of the tokens of each backend over time under [^"]*127\.0\.0\.1:8001 60\.0 %/,
    );
    expect(page).toMatch(/Tokens held over time under [^"]*127\.0\.0\.1:8001 [\d,.]+, peak [\d,.]+/);
    const [head = '', first = ''] = csv(of).split('\r\n');
    const at = (name: string) => first.split(',')[head.split(',').indexOf(name)];
    expect(at('token_skew')).toBe('0.19999999999999996');
    expect(at('ttft_p99_ms')).toBe('50');
    expect(at('goodput')).toBe('1');
  });

  it('are read back from a report as they were written', async () => {
    const of = streamed();
    const read = reportSchema.parse(JSON.parse(await exporters.json(of)));
    const [before, after] = [of.runs[0], read.runs[0]];
    expect(after?.llm).toEqual(before?.llm);
    expect(after?.backends.map(({ llm }) => llm)).toEqual(before?.backends.map(({ llm }) => llm));
    expect(after?.distribution).toEqual(before?.distribution);
  });

  it('are not spoken of where there were none', async () => {
    for (const text of [terminal(plain), markdown(plain), csv(plain), await exporters.html(plain)]) {
      expect(text).not.toMatch(/token|ttft|goodput/i);
    }
  });
});
