import { describe, expect, it } from 'vitest';
import { csv } from '../../src/report/csv.js';
import { comparison, emptyRun, hostile, hostileReport, report, run } from './fixture.js';

/** RFC 4180, read back. */
function records(text: string): string[][] {
  return text
    .split('\r\n')
    .slice(0, -1)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(
        ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
      ),
    );
}

function rows(text: string): Record<string, string>[] {
  const [head = [], ...rest] = records(text);
  return rest.map((record) => Object.fromEntries(head.map((name, index) => [name, record[index] ?? ''])));
}

describe('csv', () => {
  it('has a row for each run, backend and kind of request', () => {
    expect(
      rows(csv(comparison()))
        .map(({ run, scope, name }) => [run, scope, name])
        .slice(0, 6),
    ).toEqual([
      ['round_robin', 'run', 'round_robin'],
      ['round_robin', 'backend', '127.0.0.1:8001'],
      ['round_robin', 'backend', '127.0.0.1:8002'],
      ['round_robin', 'request', 'chat'],
      ['round_robin', 'request', 'completions'],
      ['least_conn', 'run', 'least_conn'],
    ]);
  });

  it('has bare numbers: milliseconds and ratios', () => {
    const [first, backend] = rows(csv(report()));
    expect(first).toMatchObject({
      count: '1000',
      rps: '452.4',
      error_ratio: '0',
      skew: '0.015',
      response_p50_ms: '20.6',
    });
    expect(backend).toMatchObject({ weight: '3', share: '0.606', deviation: '0.01', service_p50_ms: '20.6' });
    // 606 in 2.2104 s.
    expect(Number(backend?.rps)).toBeCloseTo(606 / 2.2104, 9);
  });

  it('leaves a field empty where there is no figure, never 0', () => {
    const [only] = rows(csv(report({ runs: [emptyRun()] })));
    expect(only).toMatchObject({ rps: '', skew: '', response_p99_ms: '', weight: '' });
    expect(rows(csv(report({ runs: [run({ rps: Number.NaN })] })))[0]?.rps).toBe('');
    expect(rows(csv(report({ runs: [] })))).toEqual([]);
  });

  it('has the same number of fields in every record, whatever the names hold', () => {
    const counts = records(csv(hostileReport())).map((record) => record.length);
    expect(new Set(counts).size).toBe(1);
    expect(csv(hostileReport())).not.toMatch(/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u202e]/);
  });

  it.each([
    [hostile.formula, `'${hostile.formula}`],
    ...['\uff1d1+1', '\uff0b1', '\uff0d1', ' \uff20SUM(A1)'].map((name) => [name, `'${name}`]),
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['  =1', "'  =1"],
    ['\t=1', '�=1'],
    ['a "quoted", name', 'a "quoted", name'],
    ['127.0.0.1:8001', '127.0.0.1:8001'],
  ])('writes the name %j so that no spreadsheet runs it', (name, read) => {
    const [only] = rows(csv(report({ runs: [run({ name, backends: [], requests: [] })] })));
    expect(only?.name).toBe(read);
  });

  it('does not take a negative number of ours for a formula', () => {
    expect(rows(csv(report()))[2]?.deviation).toBe('-0.015');
  });
});
