import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { families, figureNamed, figures, metricNamed } from '../../src/figures/catalogue.js';
import { isKnownOf } from '../../src/figures/figure.js';
import { units } from '../../src/figures/units.js';
import { run, summary } from '../verdict/run-fixture.js';

const rows = [...figures, ...families];

/** The table of `docs/thresholds.md`, a row for each figure and each family. */
function documentedRows(): string[] {
  return [
    ...figures.map((figure) => ({ ...figure, written: figure.name })),
    ...families.map((family, index) => ({
      ...family,
      written: `${index === 0 ? '' : `${family.name}.`}STATISTIC`,
    })),
  ].map(({ written, unit, per, meaning }) => {
    const parts = [...per.filter((scope) => scope !== 'run'), 'run'].join(', ');
    return `| \`${written}\` | ${units[unit].examples} | ${parts} | ${meaning} |`;
  });
}

describe('the catalogue', () => {
  it('calls every figure by a name of its own', () => {
    const names = rows.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(figures.every(({ name }) => figureNamed(name).name === name)).toBe(true);
  });

  it('reads every figure of a measured run in its unit, of every part that it is known of', () => {
    const judged = run({ lagMs: summary() });
    const status = { count: 5, responseMs: summary(), serviceMs: summary(), ttfbMs: summary() };
    const [backend] = judged.backends;
    const parts = [{}, { backend }, { request: judged.requests[0] }, { status }, { code: '503' }];
    const unmeasured = new Set(['moved-keys', 'mispredicted']);
    for (const figure of [...figures, ...families.map(({ name }) => figureNamed(`${name}.p50`))]) {
      const known = parts.filter((part) => isKnownOf(figure, part));
      expect(known).toHaveLength(figure.per.length);
      for (const part of known) {
        const { value } = figure.read(judged, part);
        // Of streams there are tests of their own.
        if (unmeasured.has(figure.name) || figure.ofStreams) expect(value).toBeUndefined();
        else expect(units[figure.unit].text(value)).toMatch(/^[\d.,]+( ms| %|\/s|)$/);
      }
    }
  });

  it('knows no figure by a name that is not in it', () => {
    expect(['', 'constructor', 'skewed', 'service.', 'toString.p99', 'p0'].map(metricNamed)).toEqual(
      Array(6).fill(undefined),
    );
    expect(() => figureNamed('speed')).toThrow('there is no figure speed');
  });

  it('is what the page on thresholds says, row by row', () => {
    const page = readFileSync(new URL('../../docs/thresholds.md', import.meta.url), 'utf8');
    const table = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(table).toEqual(documentedRows());
  });
});
