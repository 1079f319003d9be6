import { describe, expect, it } from 'vitest';
import { LbbenchError } from '../../src/model/fault.js';
import { json } from '../../src/report/json.js';
import { readReport } from '../../src/report/read-report.js';
import { comparison, emptyRun, hostileReport, report, rounds } from './fixture.js';

/** The one fault that reading the text ends in. */
function faultOf(text: string) {
  try {
    readReport(text, 'main.json');
  } catch (error) {
    if (!(error instanceof LbbenchError)) throw error;
    expect(error.kind).toBe('usage');
    expect(error.faults).toHaveLength(1);
    return error.faults[0];
  }
  throw new Error('expected a fault');
}

/** A report's JSON with one thing changed. */
function changed(change: (parsed: ReturnType<typeof JSON.parse>) => void): string {
  const parsed = JSON.parse(json(report()));
  change(parsed);
  return JSON.stringify(parsed);
}

describe('readReport', () => {
  it('gives back what was written', () => {
    for (const written of [report(), comparison(), rounds(), report({ runs: [] })]) {
      expect(readReport(json(written), 'main.json')).toStrictEqual(written);
    }
  });

  it('turns null into undefined where something was not measured', () => {
    const written = report({ runs: [emptyRun()], thresholds: [] });
    expect(readReport(json(written), 'main.json')).toStrictEqual(written);
  });

  it('keeps hostile names as they are: it is the exporters that make them safe', () => {
    expect(readReport(json(hostileReport()), 'main.json')).toStrictEqual(hostileReport());
  });

  it('reads a file that starts with a byte order mark', () => {
    expect(readReport(`\ufeff${json(report())}`, 'main.json')).toStrictEqual(report());
  });

  it('takes a field that may be null and is missing for not measured', () => {
    const text = changed(({ runs }) => delete runs[0].distribution.inFlightSkew);
    expect(readReport(text, 'main.json').runs[0]?.distribution.inFlightSkew).toBeUndefined();
  });

  it.each([
    ['', 'expected a report in JSON, got an empty file'],
    ['{', 'expected a report in JSON, got text that is no JSON'],
    ['[]', 'expected a report of lbbench, got a list without its schema'],
    ['null', 'expected a report of lbbench, got nothing without its schema'],
    ['{"schema":"other/1"}', 'expected a report of lbbench, got a map without its schema'],
  ])('refuses %j as no report', (text, message) => {
    expect(faultOf(text)).toMatchObject({ file: 'main.json', message });
  });

  it('refuses reports of other versions and says which way they differ', () => {
    expect(faultOf('{"schema":"lbbench.report/2"}')).toMatchObject({
      message: 'expected a report of schema lbbench.report/1, got lbbench.report/2, which is newer',
      hint: 'use the lbbench that wrote it, or a newer one',
    });
    expect(faultOf('{"schema":"lbbench.report/0"}')).toMatchObject({
      message: 'expected a report of schema lbbench.report/1, got lbbench.report/0, which is older',
      hint: 'run the scenario again',
    });
  });

  it('refuses more backends than a tally keeps', () => {
    const many = (count: number) =>
      changed(({ runs }) => (runs[0].backends = new Array(count).fill(runs[0].backends[0])));
    expect(readReport(many(1025), 'main.json').runs[0]?.backends).toHaveLength(1025);
    expect(faultOf(many(1026))).toMatchObject({
      path: 'runs[0].backends',
      message: 'expected at most 1025, got 1026',
    });
  });

  it('refuses a scenario nested deeper than anything that is written could be', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const text = (levels: number) =>
      changed((parsed) => (parsed.scenario = 'nested')).replace('"nested"', nested(levels));
    const deep = readReport(text(99), 'main.json');
    expect(JSON.stringify(deep.scenario)).toBe(nested(99));
    for (const levels of [102, 5_000, 100_000]) {
      expect(faultOf(text(levels))).toMatchObject({
        message: 'expected at most 100 levels of lists and maps, got more',
        hint: 'the file is damaged; run the scenario again',
      });
    }
  });

  it('names the place of what is missing or of the wrong kind', () => {
    expect(faultOf(changed((parsed) => delete parsed.runs))).toMatchObject({
      path: 'runs',
      message: 'expected a list, got nothing',
    });
    expect(faultOf(changed(({ runs }) => (runs[0].rps = 'fast\u001b[2J')))).toMatchObject({
      path: 'runs[0].rps',
      message: 'expected a number, got "fast�[2J"',
    });
    expect(faultOf(changed(({ runs }) => (runs[0].backends[1].count = -1)))).toMatchObject({
      path: 'runs[0].backends[1].count',
      message: 'expected at least 0, got -1',
    });
    expect(faultOf(changed(({ runs }) => (runs[0].rps = -5)))).toMatchObject({
      path: 'runs[0].rps',
      message: 'expected at least 0, got -5',
    });
    expect(faultOf(changed(({ runs }) => (runs[0].backends[0].share = 7)))).toMatchObject({
      path: 'runs[0].backends[0].share',
      message: 'expected at most 1, got 7',
    });
    expect(faultOf(changed((parsed) => (parsed.verdict = 'green')))).toMatchObject({
      path: 'verdict',
      message: 'expected "pass" or "fail" or "inconclusive" or "no-data", got "green"',
    });
  });

  it('lets no key of a file reach an object’s prototype', () => {
    const text = json(report()).replace('"status": {', '"status": { "__proto__": 7,');
    readReport(text, 'main.json');
    expect(Object.prototype).not.toHaveProperty('polluted');
    expect(Object.getPrototypeOf(readReport(text, 'main.json').runs[0]?.status)).toBe(Object.prototype);
  });
});
