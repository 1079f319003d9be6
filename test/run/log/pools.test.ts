import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LbbenchError } from '../../../src/model/fault.js';
import { type LogReportOptions, readLogReport } from '../../../src/run/log/log.js';

const folder = mkdtempSync(join(tmpdir(), 'lbbench-pools-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const format = '$status $request_uri $upstream_addr $upstream_status [$proxy_upstream_name] $model';
const [a, b, c, d] = ['10.0.0.1:80', '10.0.0.2:80', '10.0.1.1:90', '10.0.1.2:90'];

/** `chat` is served 2:1 as configured, `embed` evenly, and some requests by nginx itself. */
function lines(): string[] {
  const chat = Array.from({ length: 300 }, (_, i) => `200 /chat ${i % 3 === 2 ? b : a} 200 [llm-chat] big`);
  const embed = Array.from({ length: 100 }, (_, i) => `200 /embed ${i % 2 ? d : c} 200 [llm-embed] small`);
  return [
    ...chat,
    ...embed,
    '404 /x - - [-] -',
    '502 /chat chat 502 [llm-chat] big',
    '502 /embed embed 502 [llm-embed] -',
  ];
}

const conf = (inner: string) => {
  const path = join(folder, 'nginx.conf');
  writeFileSync(path, `http { ${inner} }`);
  return path;
};
const chatBlock = `upstream chat { server ${a} weight=2; server ${b}; }`;
const embedBlock = `upstream embed { server ${c}; server ${d}; }`;

async function reportOf(options: Partial<LogReportOptions>, content = lines()) {
  const path = join(folder, 'access.log');
  writeFileSync(path, `${content.join('\n')}\n`);
  const report = await readLogReport({ paths: [path], format, ...options });
  const [run] = report.runs;
  if (run === undefined || report.log === undefined) throw new Error('no run');
  const counts = Object.fromEntries(run.backends.map(({ address, count }) => [address, count]));
  return { report, run, log: report.log, counts, codes: run.warnings.map(({ code }) => code) };
}

describe('one log of many pools', () => {
  it('is judged for the one that is asked for, by its weights', async () => {
    const both = conf(chatBlock + embedBlock);
    const { report, run, log, counts, codes } = await reportOf({
      conf: both,
      upstream: 'chat',
      thresholds: ['skew < 1%'],
    });
    expect(counts).toEqual({ [a]: 200, [b]: 100 });
    expect([run.distribution.skew, report.verdict]).toEqual([0, 'pass']);
    // Its own requests and those that found it empty; no others.
    expect([log.selected, log.noLiveUpstreams, log.notProxied]).toEqual([301, 1, 0]);
    expect(codes).not.toContain('unknown-backend');
    expect((await reportOf({ conf: both, upstream: 'embed' })).counts).toEqual({ [c]: 50, [d]: 50 });
  });

  it('keeps a backend that no block has, and warns of it', async () => {
    const stranger = '10.9.9.9:80';
    const content = [...lines(), `200 /chat ${stranger} 200 [llm-chat] big`];
    const options = { conf: conf(chatBlock + embedBlock), upstream: 'chat' };
    const { counts, codes } = await reportOf(options, content);
    expect(counts).toEqual({ [a]: 200, [b]: 100, [stranger]: 1 });
    expect(codes).toContain('unknown-backend');
    // Unless the configuration passes requests to it elsewhere.
    const passed = conf(
      `${chatBlock}${embedBlock} server { location /x { proxy_pass http://${stranger}/y; } }`,
    );
    expect((await reportOf({ ...options, conf: passed }, content)).counts).toEqual({ [a]: 200, [b]: 100 });
  });

  it('is compared pool by pool where none is asked for', async () => {
    const { run, counts, codes, report } = await reportOf({
      conf: conf(chatBlock + embedBlock),
      thresholds: ['skew < 1%'],
    });
    expect(counts).toEqual({ [a]: 200, [b]: 100, [c]: 50, [d]: 50 });
    expect(run.backends.map(({ expectedShare }) => expectedShare)).toEqual(
      [0.5, 0.25, 0.125, 0.125].map((share) => expect.closeTo(share, 9)),
    );
    expect(report.verdict).toBe('pass');
    expect(codes).toContain('several-pools');
    const skewed = lines().filter((line, i) => !line.includes(d) || i % 4 === 1);
    expect(
      (await reportOf({ conf: conf(chatBlock + embedBlock) }, skewed)).run.distribution.skew,
    ).toBeGreaterThan(0.3);
  });

  it('takes the weights of the only block there is', async () => {
    const content = lines().filter((line) => !line.includes('embed'));
    const { run, log, codes } = await reportOf({ conf: conf(chatBlock) }, content);
    expect(run.backends.map(({ weight }) => weight)).toEqual([2, 1]);
    expect(run.distribution.skew).toBe(0);
    expect(log.notProxied).toBe(1);
    expect(codes).not.toContain('several-pools');
    expect(
      (await reportOf({ conf: conf(chatBlock), expect: [`${a}=1`, `${b}=1`] }, content)).run.distribution
        .skew,
    ).toBeGreaterThan(0.3);
  });

  it('knows a host name that does not resolve here by that name', async () => {
    const names = conf('upstream chat { server chat-a.invalid; server chat-b.invalid; }');
    const content = ['200 /chat chat-a.invalid 200 [-] -', '200 /chat chat-b.invalid 200 [-] -'];
    const { counts, run, codes } = await reportOf({ conf: names, upstream: 'chat' }, content);
    expect(counts).toEqual({ 'chat-a.invalid': 1, 'chat-b.invalid': 1 });
    expect(run.distribution.skew).toBe(0);
    expect(codes).toContain('configuration');
  });
});

describe('any variable of a format', () => {
  it.each([
    [['proxy_upstream_name=llm-*'], 402],
    [['proxy_upstream_name=llm-embed'], 101],
    [['$proxy_upstream_name=llm-embed', 'proxy_upstream_name=-'], 102],
    [['proxy_upstream_name!=llm-chat'], 102],
    [['proxy_upstream_name=llm-*', 'proxy_upstream_name!=*-chat'], 101],
    [['proxy_upstream_name=llm-*', 'status!=200', 'model=big'], 1],
    [['proxy_upstream_name=/^llm-e/'], 101],
  ])('selects with --where %j', async (where, selected) => {
    expect((await reportOf({ selection: { where } })).log.selected).toBe(selected);
  });

  it.each([
    ['--where', { selection: { where: ['proxy_upstream_nam=x'] } }, 'did you mean "proxy_upstream_name"?'],
    ['--where', { selection: { where: ['x'] } }, 'NAME=PATTERN'],
    ['--where', { selection: { where: ['status=/(/'] } }, 'regular expression'],
    ['--by', { by: 'modell' }, 'did you mean "model"?'],
    ['--by', { by: 'uir' }, 'did you mean "uri"?'],
  ])('is told from what is none: %s %j', async (path, options, text) => {
    const error = await reportOf(options).catch((thrown: unknown) => thrown);
    if (!(error instanceof LbbenchError)) throw error;
    expect(error.faults.map((fault) => fault.path)).toEqual([path]);
    expect(error.faults.map(({ message, hint }) => `${message} ${hint}`).join()).toContain(text);
  });

  it('splits, each row judged over the backends of its own pool', async () => {
    const rowsOf = async (options: Partial<LogReportOptions>) =>
      Object.fromEntries((await reportOf(options)).log.groups.map(({ key, skew }) => [key, skew]));
    const even = expect.closeTo(0, 9);
    // The pool's own name: what served it is the pool, 2:1 is a skew without weights.
    expect(await rowsOf({ by: 'proxy_upstream_name' })).toEqual({
      'llm-chat': expect.closeTo(1 / 3, 9),
      'llm-embed': even,
      '-': undefined,
    });
    const weighed = { conf: conf(chatBlock + embedBlock) };
    expect(await rowsOf({ by: 'proxy_upstream_name', ...weighed })).toEqual({
      'llm-chat': even,
      'llm-embed': even,
      '-': undefined,
    });
    // Backends that never share a row are not of one pool.
    expect(await rowsOf({ by: 'uri' })).toEqual({
      '/chat': expect.closeTo(1 / 3, 9),
      '/embed': even,
      '/x': undefined,
    });
    // Under a hash each row has one backend, and tells nothing of pools.
    const hashed = [`200 /1 ${a} 200 [-] -`, `200 /2 ${b} 200 [-] -`];
    const { log } = await reportOf({ by: 'uri' }, hashed);
    expect(log.groups.map(({ skew }) => skew)).toEqual([1, 1]);
    expect((await reportOf({ by: '$model' })).log.by).toBe('model');
  });
});
