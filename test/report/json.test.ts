import { describe, expect, it } from 'vitest';
import { exporters } from '../../src/report/exporters.js';
import { json } from '../../src/report/json.js';
import { comparison, emptyRun, hostileReport, report, run } from './fixture.js';

describe('json', () => {
  it('keeps every field and every figure', () => {
    const full = comparison();
    const withNulls = JSON.parse(json(full)) as unknown;
    const withoutNulls = JSON.parse(JSON.stringify(full)) as unknown;
    expect(withNulls).toMatchObject(withoutNulls as object);
  });

  it('has exactly the fields of lbbench.report/1, in order', () => {
    const parsed = JSON.parse(json(report()));
    expect(Object.keys(parsed).join()).toBe('schema,tool,startedAt,seed,scenario,runs,thresholds,verdict');
    expect(Object.keys(parsed.runs[0]).join()).toBe(
      'name,algorithm,balancer,engine,interrupted,load,outcomes,status,bytes,rps,responseMs,serviceMs,connectMs,ttfbMs,requests,backends,unattributed,distribution,timeline,warnings',
    );
    expect(Object.keys(parsed.runs[0].serviceMs).join()).toBe(
      'count,min,mean,stddev,max,p50,p66,p75,p80,p90,p95,p98,p99,p999,histogram',
    );
  });

  it('writes null for what was not measured, never leaves it out', () => {
    const parsed = JSON.parse(json(report({ runs: [emptyRun()] })));
    expect(parsed.runs[0].rps).toBeNull();
    expect(parsed.runs[0].load.ratePerSec).toBeNull();
    expect(parsed.runs[0].responseMs).toMatchObject({ count: 0, min: null, p99: null, histogram: null });
    expect(parsed.runs[0].distribution.chiSquare).toBeNull();
    expect(parsed.thresholds[0].note).toBeNull();
  });

  it('has no NaN and no infinity', () => {
    const broken = report({ runs: [run({ rps: Number.NaN, unattributed: Number.POSITIVE_INFINITY })] });
    expect(JSON.parse(json(broken)).runs[0]).toMatchObject({ rps: null, unattributed: null });
  });

  it('escapes what would steer a terminal and still means the same', () => {
    const text = json(hostileReport());
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
    expect(JSON.parse(text).runs[0].name).toBe(hostileReport().runs[0]?.name);
  });

  it('ends in a newline and is what --export-json writes', () => {
    expect(json(report())).toMatch(/}\n$/);
    expect(exporters.json(report())).toBe(json(report()));
  });
});
