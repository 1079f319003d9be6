import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keyedServerOf } from '../../../src/balancing/keyed-server.js';
import type { Algorithm } from '../../../src/model/algorithm.js';
import type { ServerLine } from '../../../src/model/upstream.js';
import { parseServerLine } from '../../../src/nginx/server-line.js';
import { readLogReport } from '../../../src/run/log/log.js';

const folder = mkdtempSync(join(tmpdir(), 'lbbench-aim-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const addresses = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'];
const format = '$msec $status $request_time $upstream_response_time $remote_addr "$request" $upstream_addr';

interface Line {
  readonly endMs: number;
  readonly tookMs: number;
  readonly client?: string;
  readonly uri?: string;
  readonly backend: string;
}

function text({ endMs, tookMs, client = '192.0.2.1', uri = '/', backend }: Line): string {
  const seconds = (tookMs / 1000).toFixed(3);
  return `${(1.7e9 + endMs / 1000).toFixed(3)} 200 ${seconds} ${seconds} ${client} "GET ${uri} HTTP/1.1" ${backend}\n`;
}

let number = 0;

async function judged(method: string, lines: readonly string[], rule: string, logFormat = format) {
  number++;
  const [conf, log] = [join(folder, `${number}.conf`), join(folder, `${number}.log`)];
  const servers = addresses.map((address) => `server ${address};`).join(' ');
  writeFileSync(conf, `upstream backend { ${method} ${servers} }`);
  writeFileSync(log, lines.join(''));
  const report = await readLogReport({ paths: [log], conf, format: logFormat, thresholds: [rule] });
  const [run] = report.runs;
  if (run === undefined) throw new Error('expected a run');
  return { run, result: report.thresholds[0], codes: run.warnings.map(({ code }) => code) };
}

/** Where nginx sends each key. */
function serverOf(algorithm: Algorithm): (key: string, client: string) => string {
  const servers = addresses.map((address): ServerLine => {
    const parsed = parseServerLine(address);
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed.value;
  });
  const keyed = keyedServerOf({ name: '', servers, algorithm, zone: undefined, keepalive: undefined });
  return (key, client) => addresses[keyed?.(key, client) ?? 0] ?? '';
}

/** Requests one after the other, as many at each backend as there are lanes; the first is three times as quick. */
const byLoad = addresses
  .flatMap((backend, index) => {
    const tookMs = index === 0 ? 100 : 300;
    return Array.from({ length: 4 }, (_, lane) =>
      Array.from({ length: 60_000 / tookMs }, (__, n) => ({
        endMs: (n + 1) * tookMs + lane,
        tookMs,
        backend,
      })),
    ).flat();
  })
  .toSorted((one, other) => one.endMs - other.endMs)
  .map(text);

const byUri = serverOf({ method: 'hash', key: '$request_uri', consistent: false });

/** 3,000 keys of which one is asked for half of the time. */
const hashed = Array.from({ length: 6000 }, (_, n) => {
  const uri = n % 2 === 0 ? `/${n}` : '/hot';
  return text({ endMs: n * 10, tookMs: 10, uri, backend: byUri(uri, '') });
});

describe('a log of a pool that does not aim at equal counts', () => {
  it('is judged by requests in flight under least_conn', async () => {
    const { run, result, codes } = await judged('least_conn;', byLoad, 'skew < 5%');
    expect(run.distribution.skew).toBeGreaterThan(0.5);
    expect(result?.verdict).toBe('pass');
    expect(result?.value).toBeLessThan(0.01);
    expect(result?.note).toBe(
      'least_conn evens out requests in flight, not counts: this is the skew of those, that of the counts is 80 %',
    );
    expect(codes).toContain('method-aim');
    expect((await judged('random two least_conn;', byLoad, 'skew < 5%')).result?.verdict).toBe('pass');
  });

  it('fails where those are uneven too', async () => {
    const uneven = byLoad.filter((line, index) => !line.includes('10.0.0.3') || index % 4 === 0);
    const { result } = await judged('least_conn;', uneven, 'skew < 5%');
    expect(result?.verdict).toBe('fail');
    expect(result?.value).toBeGreaterThan(0.5);
  });

  it('does not blame it for what whole requests cannot even out, nor for what the log does not tell', async () => {
    const few = Array.from({ length: 1000 }, (_, n) => {
      const backend = addresses[n % 10 < 6 ? 0 : n % 10 < 8 ? 1 : 2] ?? '';
      return { endMs: 100 * n, tookMs: 50, backend };
    });
    const { result } = await judged('least_conn;', few.map(text), 'skew < 5%');
    expect(result).toMatchObject({
      verdict: 'inconclusive',
      note: expect.stringMatching(/a whole request$/),
    });
    const untimed = few.map(({ backend }) => `200 ${backend}\n`);
    const untold = await judged('least_conn;', untimed, 'skew < 5%', '$status $upstream_addr');
    expect(untold.result).toMatchObject({
      verdict: 'inconclusive',
      note: expect.stringMatching(/no times$/),
    });
  });

  it('is judged by its keys under a hash, each of which stays where nginx sends it', async () => {
    const { run, result, codes } = await judged('hash $request_uri;', hashed, 'skew < 20%');
    expect(run.distribution.skew).toBeGreaterThan(0.5);
    expect(run.prediction).toMatchObject({ checked: 6000, asPredicted: 6000, mispredicted: 0 });
    expect(run.prediction?.keys).toMatchObject({ distinct: 3001, moved: 0 });
    expect(result?.verdict).toBe('pass');
    expect(result?.note).toMatch(/^hash evens out keys, not counts: this is the skew of 3,001 keys, that of/);
    expect(codes).toContain('method-aim');
    expect(codes).not.toContain('model-mismatch');
  });

  it('tells the keys that moved, and the first request that went elsewhere', async () => {
    const strange = hashed.map((line, n) =>
      n < 3000 ? line : line.replace(/10\.0\.0\.\d:80$/m, addresses[0] ?? ''),
    );
    const { run, result, codes } = await judged('hash $request_uri;', strange, 'moved-keys < 1%');
    expect(run.prediction?.mispredicted).toBeGreaterThan(0.1);
    expect(codes).toContain('model-mismatch');
    expect(result?.value).toBeGreaterThan(0);
  });

  it('is judged by the networks of its clients under ip_hash', async () => {
    const byClient = serverOf({ method: 'ip_hash' });
    const lines = Array.from({ length: 4000 }, (_, n) => {
      const client = n % 4 === 0 ? `10.${(n >> 8) & 255}.${n & 255}.1` : '192.0.2.7';
      return text({ endMs: n, tookMs: 1, client, backend: byClient('', client) });
    });
    const { run, result } = await judged('ip_hash;', lines, 'skew < 15%');
    expect(run.prediction).toMatchObject({ mispredicted: 0, keys: { distinct: 1001, moved: 0 } });
    expect(result?.verdict).toBe('pass');
    expect((await judged('ip_hash;', lines, 'jain > 0.99')).result?.verdict).toBe('inconclusive');
    expect((await judged('ip_hash;', lines, 'share{backend=10.0.0.1:80} > 33%')).result?.verdict).not.toBe(
      'fail',
    );
  });

  it('does not judge keys that the log does not tell, and says what to log', async () => {
    const lines = hashed.map((line) => line.replace(/^(\S+ \S+).* (\S+)$/m, '$1 $2'));
    const { run, result } = await judged('ip_hash;', lines, 'skew < 5%', '$msec $status $upstream_addr');
    expect(result).toMatchObject({
      verdict: 'inconclusive',
      note: expect.stringMatching(/is not known here$/),
    });
    const text = run.warnings.find(({ code }) => code === 'method-aim')?.text;
    expect(text).toMatch(/add \$remote_addr to log_format$/);
  });

  it('is judged by counts under round robin', async () => {
    const { run, result, codes } = await judged('', byLoad, 'skew < 5%');
    expect([result?.verdict, run.algorithm, codes.includes('method-aim')]).toEqual([
      'fail',
      'round_robin',
      false,
    ]);
  });
});
