import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LbbenchError } from '../../../src/model/fault.js';
import type { EscapeMode } from '../../../src/nginx/log-format.js';
import type { LogSource } from '../../../src/run/simulate/logged-load.js';
import { simulate } from '../../../src/run/simulate/simulate.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-logged-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const timed = '$remote_addr $msec "$request" $request_time $upstream_response_time $upstream_addr';
const pool = 'upstream u { server 10.0.0.1:80; server 10.0.0.2:80; }';

async function ofLog(
  format: string | LogSource['format'],
  lines: readonly string[],
  algorithms: readonly string[] = [],
) {
  const upstreamFile = join(folder, 'upstream.conf');
  const log = join(folder, 'access.log');
  writeFileSync(upstreamFile, pool);
  writeFileSync(log, lines.map((line) => `${line}\n`).join(''));
  let picks = '';
  const report = await simulate({
    upstreamFile,
    algorithms,
    requests: { file: log, format: typeof format === 'string' ? { text: format } : format },
    seed: 1,
    onPicks: async (text) => {
      picks += text;
    },
  });
  return { report, picks: picks.split('\n').slice(0, -1) };
}

/** A line of a request that arrived and took so long, in ms since the log began. */
function line(
  arrivalMs: number,
  tookMs: number,
  options: { uri?: string; client?: string; upstream?: string } = {},
) {
  const { uri = '/', client = '10.9.0.1', upstream = '10.0.0.1:80' } = options;
  const end = (1_700_000_000 + (arrivalMs + tookMs) / 1000).toFixed(3);
  const took = (tookMs / 1000).toFixed(3);
  return { end, text: `${client} ${end} "GET ${uri} HTTP/1.1" ${took} ${took} ${upstream}` };
}

/** As nginx writes them: when they end. */
function inOrderOfEnd(lines: readonly ReturnType<typeof line>[]): string[] {
  return lines.toSorted((a, b) => (a.end < b.end ? -1 : 1)).map(({ text }) => text);
}

describe('a simulation from a log', () => {
  it('takes a dash for a missing value only where nginx writes one', async () => {
    // Without a key nginx takes turns; the key "-" leads to one server.
    const picksOf = async (mode: EscapeMode, value: string) => {
      const lines = Array.from({ length: 4 }, () => `"${value}" "GET / HTTP/1.1"`);
      const format = { text: '"$http_x" "$request"', escape: mode };
      return new Set((await ofLog(format, lines, ['hash $http_x'])).picks).size;
    };
    expect(await picksOf('default', '-')).toBe(2);
    expect(await picksOf('json', '-')).toBe(1);
    expect(await picksOf('json', '')).toBe(2);
  });

  it('lets requests arrive when they did, and keeps each one as long as it took', async () => {
    // One request every 10 ms; even ones take 100 ms, odd ones 1 ms.
    const lines = inOrderOfEnd(Array.from({ length: 10 }, (_, n) => line(n * 10, n % 2 === 0 ? 100 : 1)));
    const { report, picks } = await ofLog(timed, lines, ['round_robin', 'least_conn']);
    expect(picks[0]).toBe('round_robin\tleast_conn');
    const [robin = [], least = []] = [0, 1].map((column) =>
      picks.slice(1).map((row) => row.split('\t')[column]),
    );
    // In order of arrival round robin alternates, so all the slow ones are on the first server.
    expect(robin).toEqual(Array.from({ length: 10 }, (_, n) => `10.0.0.${(n % 2) + 1}:80`));
    // At 0 a tie: the first; it is busy until 100. So the second gets the ones at 10 and, free again, at 20.
    expect(least.slice(0, 3)).toEqual(['10.0.0.1:80', '10.0.0.2:80', '10.0.0.2:80']);
    // From 0 to 180 ms, when the last slow one ends. Round robin: five times 100 ms, all five in flight at once at 80
    // to 100; the second server five times 1 ms.
    expect(report.durationMs).toBeCloseTo(180, 6);
    const [first, second] = report.runs[0]?.backends ?? [];
    expect(first?.meanInFlight).toBeCloseTo(500 / 180, 6);
    expect([first?.peakInFlight, second?.peakInFlight]).toEqual([5, 1]);
    expect(second?.meanInFlight).toBeCloseTo(5 / 180, 6);
    const [skew, leastSkew] = report.runs.map(({ distribution }) => distribution.inFlightSkew ?? Number.NaN);
    // 500 of 505 busy milliseconds on one of two: 2 * 500 / 505 - 1.
    expect(skew).toBeCloseTo(1000 / 505 - 1, 6);
    expect(leastSkew).toBeLessThan(0.4);
    expect(report.warnings).toEqual([]);
  });

  it('leaves out what no backend was asked for, and says who served elsewhere', async () => {
    const lines = [
      line(0, 1).text,
      line(10, 1, { upstream: '-' }).text,
      line(20, 1, { upstream: '10.7.7.7:80' }).text,
      'something else',
    ];
    const { report, picks } = await ofLog(timed, lines);
    expect(picks).toEqual(['10.0.0.1:80', '-', '10.0.0.2:80']);
    expect(report).toMatchObject({ requests: 3, notBalanced: 1 });
    expect(report.warnings.map(({ code }) => code)).toEqual(['errors', 'unknown-backend', 'unattributed']);
    expect(report.warnings[0]?.text).toMatch(
      /^1 lines of ".*" do not match the format and are left out, the first is line 4$/,
    );
  });

  it('takes keys from what the log carries', async () => {
    const format = '$remote_addr $msec $request_time "$request" "$http_user_agent" "$cookie_sid"';
    const lines = ['"a" "1"', '"b" "1"', '"a" "2"', '"-" "-"'].map(
      (values, n) => `10.${n}.0.1 1700000000.00${n} 0.000 "GET /x?k=${n} HTTP/1.1" ${values}`,
    );
    const { report } = await ofLog(format, lines, [
      'hash $http_user_agent',
      'hash $cookie_sid',
      'hash $http_user_agent$cookie_sid',
      'hash $arg_k',
      'ip_hash',
    ]);
    // An unset value is an empty key, which is none.
    expect(report.runs.map(({ keys }) => keys?.distinct)).toEqual([2, 2, 3, 4, 4]);
  });

  it('refuses a log without what an algorithm looks at', async () => {
    const error = await ofLog('$status', ['200'], ['ip_hash', 'hash $http_user$request_uri']).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(LbbenchError);
    expect((error as LbbenchError).faults.map(({ message, hint }) => `${message}; ${hint}`)).toEqual([
      'expected a log with $remote_addr for "ip_hash", got the format "$status"; add $remote_addr to log_format',
      'expected a log with $http_user for "hash $http_user$request_uri", got the format "$status"; add $http_user to log_format',
      'expected a log with $request_uri for "hash $http_user$request_uri", got the format "$status"; add $request_uri to log_format',
    ]);
  });

  it('lets requests follow each other where the log has no times', async () => {
    const { report } = await ofLog('$remote_addr "$request" $upstream_addr', [
      '10.0.0.9 "GET / HTTP/1.1" 10.0.0.1:80',
      '10.0.0.9 "GET / HTTP/1.1" 10.0.0.1:80',
    ]);
    expect(report.durationMs).toBeUndefined();
    expect(report.runs[0]?.backends.map(({ count, peakInFlight }) => [count, peakInFlight])).toEqual([
      [1, undefined],
      [1, undefined],
    ]);
    expect(report.warnings.map(({ code }) => code)).toEqual(['not-measured']);
  });

  it('holds back no more than 100,000 requests, and says which arrived too early for that', async () => {
    // The last line's request took 200 s: it arrived 100 s before the first, which has been placed by then.
    const quick = Array.from({ length: 100_001 }, (_, n) => line(100_000 + n, 0).text);
    const { report, picks } = await ofLog(timed, [...quick, line(0, 200_002).text]);
    expect(picks.length).toBe(100_002);
    expect(report.warnings).toEqual([
      { code: 'not-measured', text: '1 requests took so long that they were placed later than they arrived' },
    ]);
    // One less, and it is in order.
    const { report: whole } = await ofLog(timed, [...quick.slice(0, 99_999), line(0, 200_002).text]);
    expect(whole.warnings).toEqual([]);
  });

  it('refuses a log without requests', async () => {
    const error = await ofLog(timed, ['nothing']).catch((e: unknown) => e);
    expect((error as LbbenchError).faults).toMatchObject([
      { message: 'expected a log with requests, got none that can be read' },
    ]);
  });
});
