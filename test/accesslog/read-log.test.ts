import { execFileSync } from 'node:child_process';
import { appendFileSync, linkSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtApart } from '../../build/apart.js';
import type { LogAnswer } from '../../src/accesslog/log-answer.js';
import { readLog } from '../../src/accesslog/read-log.js';
import { BookReader } from '../../src/accesslog/reading/book-reader.js';
import { onlyFormat } from '../../src/accesslog/reading/line-question.js';
import { LineFeeder } from '../../src/accesslog/source/line-feeder.js';
import { knownFormats } from '../../src/nginx/known-log-formats.js';
import { line, lines, logFile, logFolder } from './log-lines.js';

const a = '127.0.0.1:8001';
const b = '127.0.0.1:8002';
const format = { text: 'to' };

const counts = ({ tally }: LogAnswer) =>
  Object.fromEntries(
    tally.cells.slice(1).map(({ address, count, counters }) => [address, [count, counters.retries]]),
  );

const timed =
  '$time_iso8601 $status $request_time [$upstream_addr] [$upstream_status] [$upstream_response_time] [$upstream_connect_time] [$upstream_header_time]';

describe('what a record counts for', () => {
  it('counts the last attempt as served and the ones before as retries, over redirects and none left', async () => {
    const path = logFile(
      [`${a}, ${b}`, `${a} : ${b}`, `${a} : `, `${a}, pool`, 'pool', '-', b]
        .map((to) => `${line({ to })}\n`)
        .join(''),
    );
    const result = await readLog({ paths: [path], format });
    // Served by b: 1, 2, 7; by a: 3, whose second visit reached nobody. Tried before: a in 1, 2 and 4.
    expect(counts(result)).toEqual({ [a]: [1, 3], [b]: [3, 0] });
    expect(result.noLiveUpstreams).toBe(2);
    expect(result.tally.counters.notProxied).toBe(1);
    expect(result.tally.cells[0]?.count).toBe(3);
    expect(result.servedFinal).toBeUndefined();
  });

  it('books each attempt’s times with its backend', async () => {
    const path = logFile(
      `2025-03-02T10:00:10+00:00 200 0.350 [${a}, ${b}] [504, 200] [0.300, 0.050] [0.001, 0.002] [-, 0.040]\n`,
    );
    const { tally, servedFinal, ...result } = await readLog({
      paths: [path],
      format: { text: timed },
      windowFromMs: 0,
    });
    const [, first, second] = tally.cells;
    expect([first?.address, first?.clocks.service.count, first?.counters.busyUs]).toEqual([a, 0, 300_000]);
    expect([second?.address, second?.clocks.service.maxUs, second?.clocks.ttfb.maxUs]).toEqual([
      b,
      50_000,
      40_000,
    ]);
    expect(first?.clocks.failedAttempt.maxUs).toBe(300_000);
    expect(tally.clocks.connect.count).toBe(2);
    expect(tally.shape.open).toBe(true);
    expect(tally.clocks.response.maxUs).toBe(350_000);
    expect(servedFinal).toEqual(new Map([[b, 1]]));
    expect(result.window).toEqual({
      fromMs: Date.UTC(2025, 2, 2, 10, 0, 10),
      toMs: Date.UTC(2025, 2, 2, 10, 0, 10),
    });
    expect(result.firstStartMs).toBe(Date.UTC(2025, 2, 2, 10, 0, 9, 650));
  });

  it.each([
    ['the client gave up', '499', '-', '-', 0],
    ['the last attempt failed', '502', '502', '-', 0],
    ['the backend itself answered 502', '502', '502', '0.001', 1],
    ['an error page took its place', '200', '404', '0.001', 0],
    ['the client had the body already', '304', '200', '0.001', 1],
    ['the backend refused', '503', '503', '0.001', 1],
  ])(
    'counts as really served, when %s: $status %s, $upstream_status %s, header after %s',
    async (_, status, upstream, header, served) => {
      const path = logFile(
        `2025-03-02T10:00:10+00:00 ${status} 0.001 [${a}] [${upstream}] [0.001] [0.000] [${header}]\n`,
      );
      const { servedFinal, attempts } = await readLog({ paths: [path], format: { text: timed } });
      expect(attempts).toEqual(new Map([[a, 1]]));
      expect([...(servedFinal ?? [])]).toEqual(served === 1 ? [[a, 1]] : []);
    },
  );

  it('says that combined does not tell backends, rather than zero', async () => {
    const path = logFile(`${line().split(' "-" to:')[0]}\n`);
    const result = await readLog({ paths: [path] });
    expect(result.format).toBe(knownFormats.combined);
    expect([result.attempts, result.noLiveUpstreams]).toEqual([undefined, undefined]);
    expect(result.tally.cells.map(({ count }) => count)).toEqual([1]);
  });

  it('is not fooled by values that imitate the end of the line', async () => {
    const path = logFile(
      [
        line({ agent: `evil\\x22 to: 127.0.0.1:9999` }),
        line({ user: 'to' }),
        line({ user: 'x [01/Jan/2000:00:00:00 +0000]' }),
        line({ request: '\\x16\\x03\\x01', status: 400, to: '-' }),
        line({ request: 'GET /cut', status: 400, to: '-' }),
      ]
        .join('\n')
        .concat('\n'),
    );
    const result = await readLog({ paths: [path] });
    expect(counts(result)).toEqual({ [a]: [3, 0] });
    expect(result.unmatched.count).toBe(0);
  });
});

describe('lines that are hard to read', () => {
  it('counts what does not match and keeps the first ten, with line, reason and text fit for a terminal', async () => {
    const path = logFile(`${line()}\n\n\x1b[31mnonsense\n${'x\n'.repeat(20)}${line()}\n`);
    const { unmatched, records, physicalLines } = await readLog({ paths: [path], format });
    expect([records, unmatched.count, physicalLines]).toEqual([2, 22, 24]);
    expect(unmatched.first).toHaveLength(10);
    expect(unmatched.first[0]).toEqual({
      file: path,
      line: 2,
      reason: 'expected a line, got an empty one',
      text: '""',
    });
    expect(unmatched.first[1]).toEqual({
      file: path,
      line: 3,
      reason: 'expected " - " after $remote_addr',
      text: '"\\u001b[31mnonsense"',
    });
  });

  it.each([
    ['CRLF', lines(3).replaceAll('\n', '\r\n'), 3, 0],
    ['NUL bytes before a line', `${lines(1)}\0\0\0\0${lines(1)}`, 2, 0],
    ['NUL bytes inside an address', `${lines(1)}${line({ to: '127.0.0.1:80\0\0' })}\n`, 1, 1],
    ['a missing line feed behind a known backend', lines(2).slice(0, -1), 2, 0],
    ['a backend’s port that was cut off', lines(2).slice(0, -2), 1, 1],
    ['no line feed behind a request that was not proxied', `${lines(1)}${line({ to: '-' })}`, 2, 0],
    ['nothing behind to:', `${lines(1)}${line({ to: '' })}`, 1, 1],
    ['a pool’s name that was not seen before', `${lines(1)}${line({ to: 'pool' })}`, 1, 1],
    [
      'no line feed behind the name of a pool seen before',
      `${line({ to: `${a}, pool` })}\n${line({ to: 'pool' })}\n${line({ to: `${a}, pool` })}`,
      3,
      0,
    ],
    ['a list that was cut off', `${lines(1)}${line({ to: `${a}, ` })}`, 1, 1],
    ['a status that is none', `${lines(1)}${line({ status: 20 })}\n`, 1, 1],
    ['a month that is none', `${lines(1)}${line().replace('Mar', 'Mrz')}\n`, 1, 1],
    ...['31/Feb', '30/Feb', '29/Feb', '31/Apr', '00/Mar', '32/Mar'].map(
      (date): [string, string, number, number] => [
        `the impossible date ${date}`,
        `${lines(1)}${line().replace('02/Mar', date)}\n`,
        1,
        1,
      ],
    ),
    ...['24:00:00', '10:60:00', '10:00:61'].map((time): [string, string, number, number] => [
      `the impossible time ${time}`,
      `${lines(1)}${line().replace('00:00:00', time)}\n`,
      1,
      1,
    ]),
    ['a leap day', `${lines(1)}${line().replace('02/Mar/2025', '29/Feb/2024')}\n`, 2, 0],
    ['nothing at all', '', 0, 0],
    ['one byte', 'x', 0, 1],
  ])('reads a log with %s', async (_, content, records, unmatched) => {
    const result = await readLog({ paths: [logFile(content)], format });
    expect([result.records, result.unmatched.count]).toEqual([records, unmatched]);
    expect(Object.keys(counts(result))).toEqual(records > 0 ? [a] : []);
    expect(result.physicalLines).toBe(records + unmatched);
  });

  it('reads invalid UTF-8 and shows it', async () => {
    const bytes = Buffer.from(`${line({ request: 'GET /X HTTP/1.1' })}\n`, 'latin1');
    bytes[bytes.indexOf('X')] = 0xff;
    const { groups, unmatched } = await readLog({ paths: [logFile(bytes)], format, by: 'uri' });
    expect(groups.map(({ key }) => key)).toEqual(['/\\xFF']);
    expect(unmatched.count).toBe(0);
  });

  it('reads lines of 10 MB, and counts one beyond 16 MB as unmatched, in bounded memory', async () => {
    const long = line({ agent: 'y'.repeat(10_000_000) });
    const path = logFile(`${lines(1)}${long}\n${'z'.repeat(40_000_000)}\n${lines(1, () => ({ to: b }))}`);
    const result = await readLog({ paths: [path], format });
    expect(counts(result)).toEqual({ [a]: [2, 0], [b]: [1, 0] });
    expect(result.unmatched.first).toEqual([
      expect.objectContaining({
        line: 3,
        reason: 'expected a line of reasonable length, got one of 40000001 bytes',
      }),
    ]);
    expect(result.physicalLines).toBe(4);
  });

  it('recognises the format behind a first line of any length, and reads a line behind any run of NUL bytes', async () => {
    const good = lines(2).replaceAll('"-" to:', 'to:');
    const text = (knownFormats.to?.text ?? '').replace('"$http_x_forwarded_for" to:', 'to:');
    for (const content of [`${'junk '.repeat(60_000)}\n${lines(2)}`, `${'\0'.repeat(300_000)}${lines(2)}`]) {
      const bytes = Buffer.from(content);
      for (const source of [logFile(bytes), logFile(gzipSync(bytes), 'l.gz'), '-']) {
        const stdin = () => Readable.from([bytes.subarray(0, 9), bytes.subarray(9)], { objectMode: false });
        const result = await readLog({ paths: [source], stdin });
        expect(result.format).toBe(knownFormats.to);
        expect(result.records).toBe(2);
      }
    }
    const behind = await readLog({ paths: [logFile(`${'\0'.repeat(20_000_000)}${good}`)], format: { text } });
    expect([behind.records, behind.unmatched.count]).toEqual([2, 0]);
  });

  it('joins lines to a record under escape=none, and does not join nonsense to one', async () => {
    const text = '$remote_addr [$time_local] "$uri" $status to: $upstream_addr';
    const record = (uri: string) => `127.0.0.1 [02/Mar/2025:10:00:00 +0000] "${uri}" 200 to: ${a}\n`;
    const path = logFile(`${record('/a\n"b\r\nc')}nonsense\n${record('/d')}${record('/"q"')}cut "`);
    const result = await readLog({ paths: [path], format: { text, escape: 'none' } });
    // Three lines, one of nonsense, two records of one line, and a rest without line feed.
    expect([result.records, result.physicalLines, result.unmatched.count]).toEqual([3, 7, 2]);
    expect(result.unmatched.first.map((unmatched) => unmatched.line)).toEqual([4, 7]);
  });

  it('reads the same whatever pieces the bytes come in', () => {
    const content = Buffer.from(
      `${lines(2)}bad\n${lines(2, () => ({ to: b })).replaceAll('\n', '\r\n')}rest`,
    );
    const readIn = (sizes: readonly number[]) => {
      const question = {
        formats: onlyFormat(knownFormats.to as NonNullable<typeof knownFormats.to>),
        isTimed: false,
        selection: {},
        by: undefined,
        maxGroups: 1,
        groupKeys: [],
        othersAtMost: undefined,
        isReadOnce: false,
        knownAddresses: [],
        poolNames: [],
        pool: undefined,
        windowFromMs: undefined,
      };
      const reader = new BookReader(question);
      const feeder = new LineFeeder(reader);
      let at = 0;
      for (const size of sizes) {
        feeder.push(content.subarray(at, at + size));
        at += size;
      }
      feeder.push(content.subarray(at));
      const part = reader.endPart();
      const { books, counts } = reader.counted();
      return { books: books.toData(), counts, part, rest: Buffer.from(feeder.takeRest()).toString() };
    };
    const whole = readIn([]);
    expect([whole.counts.formats[0]?.records, whole.counts.unmatched, whole.rest]).toEqual([4, 1, 'rest']);
    for (let at = 0; at <= content.length; at++) expect(readIn([at])).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 }), (sizes) => {
        expect(readIn(sizes)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });
});

describe('sources', () => {
  it('reads several members of gzip, and what is left of one that was cut off', async () => {
    const members = Buffer.concat([gzipSync(lines(10)), gzipSync(lines(5, () => ({ to: b })))]);
    const path = logFile(members, 'access.log.gz');
    expect(counts(await readLog({ paths: [path] }))).toEqual({ [a]: [10, 0], [b]: [5, 0] });
    const random = lines(3000, (index) => ({ agent: `agent ${(index * 7919) % 10007}` }));
    const cut = logFile(gzipSync(random).subarray(0, -2000), 'cut.gz');
    const result = await readLog({ paths: [cut] });
    expect(result.records).toBeGreaterThan(1000);
    expect(result.records).toBeLessThan(3000);
    expect(result.unmatched.count).toBeLessThanOrEqual(1);
    expect(result.notes).toEqual([{ file: cut, text: expect.stringMatching(/unexpected end of file/) }]);
  });

  it('tells of a damaged gzip file, and counts what came before', async () => {
    const bytes = Buffer.concat([
      gzipSync(lines(10)),
      gzipSync(lines(1000, (i) => ({ agent: `${i * 7919}` }))),
    ]);
    bytes.fill(0xff, gzipSync(lines(10)).length + 200, bytes.length - 10);
    const path = logFile(bytes, 'damaged.gz');
    const { records, notes } = await readLog({ paths: [path], format });
    expect(records).toBeGreaterThanOrEqual(10);
    expect(notes).toEqual([{ file: path, text: expect.stringMatching(/damaged/) }]);
  });

  it('puts rotated files in the order of time, whatever their order on the command line', async () => {
    const folder = logFolder();
    const path = join(folder, 'access.log');
    writeFileSync(
      path,
      lines(1, () => ({ to: '127.0.0.1:4' })),
    );
    writeFileSync(
      `${path}.1`,
      lines(1, () => ({ to: '127.0.0.1:3' })),
    );
    writeFileSync(`${path}.10.gz`, gzipSync(lines(1, () => ({ to: '127.0.0.1:1' }))));
    writeFileSync(`${path}.2.gz`, gzipSync(lines(1, () => ({ to: '127.0.0.1:2' }))));
    const inTime = [`${path}.10.gz`, `${path}.2.gz`, `${path}.1`, path];
    const byGlob = await readLog({ paths: [`${path}*`] });
    expect(byGlob.files).toEqual(inTime);
    expect([...(byGlob.attempts ?? [])].map(([address]) => address.at(-1))).toEqual(['1', '2', '3', '4']);
    expect((await readLog({ paths: [path], rotated: true })).files).toEqual(inTime);
    expect((await readLog({ paths: [path, `${path}.1`, path] })).files).toEqual([`${path}.1`, path]);
  });

  it('reads a file once, whatever names it is given by', async () => {
    const path = logFile(lines(3));
    const [soft, hard] = [`${path}-soft`, `${path}-hard`];
    symlinkSync(path, soft);
    linkSync(path, hard);
    const result = await readLog({ paths: [soft, `${path}*`, hard, relative('.', path)] });
    expect([result.records, result.files]).toEqual([3, [soft]]);
    const broken = `${path}-broken`;
    symlinkSync(`${path}-nowhere`, broken);
    await expect(readLog({ paths: [broken] })).rejects.toThrow(/expected a readable log file/);
  });

  it('recognises and reads standard input, compressed or not', async () => {
    for (const bytes of [Buffer.from(lines(100)), gzipSync(lines(100))]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) =>
        bytes.subarray(7 * i, 7 * i + 7),
      );
      const result = await readLog({
        paths: ['-'],
        stdin: () => Readable.from(pieces, { objectMode: false }),
        format,
      });
      expect([result.records, result.files]).toEqual([100, ['-']]);
    }
    const result = await readLog({ paths: ['-'], stdin: () => Readable.from([Buffer.from(lines(100))]) });
    expect(result.records).toBe(100);
  });

  it('reads what was there when it began of a file that grows, and says when one became shorter', async () => {
    // Past the first turn, so that the file changes under the reader.
    const content = lines(150_000);
    const grows = logFile(content);
    let grown = false;
    const result = await readLog({
      paths: [grows],
      format,
      onProgress: () => {
        if (!grown) appendFileSync(grows, lines(1000));
        grown = true;
      },
    });
    expect([result.records, result.unmatched.count, result.notes]).toEqual([150_000, 0, []]);
    const shrinks = logFile(content);
    const short = await readLog({
      paths: [shrinks],
      format,
      onProgress: () => truncateSync(shrinks, content.length / 2),
    });
    expect(short.records).toBeGreaterThan(70_000);
    expect(short.notes).toEqual([{ file: shrinks, text: expect.stringMatching(/shorter/) }]);
  });

  it('refuses what it cannot read before it reads anything', async () => {
    const message = (promise: Promise<unknown>) => expect(promise).rejects.toThrow;
    await message(readLog({ paths: ['/no/such.log'] }))(
      /expected a readable log file, got none: there is no such file/,
    );
    await message(readLog({ paths: [logFolder()] }))(/it is a directory/);
    await message(readLog({ paths: [join(logFolder(), '*.log')] }))(/expected files that match/);
    await message(readLog({ paths: [logFile('what is this\n')] }))(/format that is recognised/);
    const path = logFile(lines(1));
    await message(readLog({ paths: [path], format: { text: '$status$body_bytes_sent' } }))(
      /expected some text between "\$status" and "\$body_bytes_sent", got nothing/,
    );
    await message(readLog({ paths: [path], format, selection: { status: ['ok'] } }))(
      /expected a status such as/,
    );
    await message(readLog({ paths: [path], format: { text: '$status to: $upstream_addr' }, by: 'uri' }))(
      /without uri/,
    );
  });
});

describe('selection', () => {
  const path = () =>
    logFile(
      lines(60, (i) => ({
        second: i,
        to: i % 3 === 0 ? a : b,
        status: i % 10 === 0 ? 502 : 200,
        request: `${i % 2 === 0 ? 'GET' : 'POST'} /${i % 4 === 0 ? 'chat' : 'completions'}?user=${i} HTTP/1.1`,
        agent: i % 5 === 0 ? 'lbbench/1 (run 7)' : 'curl/8',
      })),
    );
  it.each([
    // 60 lines; every 4th is /chat.
    ['a path without its query', { uri: ['/chat'] }, 15],
    ['a glob', { uri: ['/comp*'] }, 45],
    ['an expression', { uri: ['/user=[12]$/'] }, 2],
    ['any of several patterns', { uri: ['/chat', '/completions'] }, 60],
    ['a method in any case', { method: ['post'] }, 30],
    ['a class of statuses', { status: ['5xx'] }, 6],
    ['a range of statuses', { status: ['200-299'] }, 54],
    ['an agent', { userAgent: ['lbbench/* (run 7)'] }, 12],
    ['agents by an expression', { userAgent: ['/curl/'] }, 48],
    ['agents by an expression, in their case', { userAgent: ['/CURL/'] }, 0],
    ['a method by an expression, in any case', { method: ['/^po/'] }, 30],
    ['a path between slashes, which is no expression', { uri: ['/chat/'] }, 0],
    ['a path by an expression', { uri: ['/chat/i'] }, 15],
    // Seconds 10 to 19.
    [
      'a span of time',
      { sinceMs: Date.UTC(2025, 2, 2, 0, 0, 10), untilMs: Date.UTC(2025, 2, 2, 0, 0, 20) },
      10,
    ],
    // Every 10th fails, all of them with an even number; every 20th of them is /chat.
    ['all of what is given', { status: ['502'], uri: ['/chat'] }, 3],
  ])('takes %s', async (_, selection, selected) => {
    const result = await readLog({ paths: [path()], format, selection });
    expect([result.selected, result.tally.responses, result.records]).toEqual([selected, selected, 60]);
  });

  it.each(['/example/', '/EXAMPLE/', '/^WWW[.]/', 'www.example.*'])('takes hosts by %s', async (host) => {
    const path = logFile('www.example.org 200\nexample.com 200\nother 200\n');
    const text = '$host $status';
    const result = await readLog({ paths: [path], format: { text }, selection: { host: [host] } });
    expect(result.selected).toBe(host.includes('.') || host.includes('[') ? 1 : 2);
  });

  it('leaves backends out that served nothing of what was selected', async () => {
    const result = await readLog({ paths: [path()], format, selection: { uri: ['/user=3$/'] } });
    expect(counts(result)).toEqual({ [a]: [1, 0] });
  });

  it('takes the last lines of all files, as tail does', async () => {
    const folder = logFolder();
    const log = join(folder, 'access.log');
    writeFileSync(
      log,
      lines(10, () => ({ to: '127.0.0.1:3' })),
    );
    writeFileSync(
      `${log}.1`,
      lines(10, () => ({ to: '127.0.0.1:2' })),
    );
    writeFileSync(`${log}.2.gz`, gzipSync(lines(10, () => ({ to: '127.0.0.1:1' }))));
    const last = async (lastLines: number) => {
      const { attempts } = await readLog({ paths: [log], rotated: true, format, lastLines });
      return [...(attempts ?? [])].map(([address, count]) => [address.at(-1), count]);
    };
    expect(await last(0)).toEqual([]);
    expect(await last(7)).toEqual([['3', 7]]);
    expect(await last(10)).toEqual([['3', 10]]);
    expect(await last(13)).toEqual([
      ['2', 3],
      ['3', 10],
    ]);
    expect(await last(25)).toEqual([
      ['1', 5],
      ['2', 10],
      ['3', 10],
    ]);
    expect(await last(99)).toEqual([
      ['1', 10],
      ['2', 10],
      ['3', 10],
    ]);
    const bytes = Buffer.from(lines(50, (i) => ({ to: `127.0.0.1:${i + 1}` })));
    const stdin = () => Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)], { objectMode: false });
    const fromStream = await readLog({ paths: ['-'], stdin, format, lastLines: 2 });
    expect([...(fromStream.attempts ?? [])]).toEqual([
      ['127.0.0.1:49', 1],
      ['127.0.0.1:50', 1],
    ]);
  });
});

describe('splitting', () => {
  it.each([
    ['uri', { '/a': 40, '/b': 20 }],
    ['method', { GET: 60 }],
    ['status', { '200': 50, '502': 10 }],
    ['user-agent', { x: 60 }],
    ['day', { '2025-03-02': 60 }],
    ['hour', { '2025-03-02T00': 36, '2025-03-02T01': 24 }],
  ] as const)('by %s gives a tally for each value', async (by, expected) => {
    const path = logFile(
      lines(60, (i) => ({
        second: i * 100,
        status: i % 6 === 0 ? 502 : 200,
        request: `GET /${i % 3 === 0 ? 'b' : 'a'}?${i} HTTP/1.1`,
      })),
    );
    const { groups, others } = await readLog({ paths: [path], format, by });
    expect(Object.fromEntries(groups.map(({ key, tally }) => [key, tally.responses]))).toEqual(expected);
    expect(others).toBeUndefined();
    for (const { tally } of groups) expect(tally.cells[1]?.count).toBe(tally.responses);
  });

  it('puts the values beyond the number of tables together', async () => {
    const path = logFile(lines(100, (i) => ({ request: `GET /${i % 10} HTTP/1.1` })));
    const { groups, others } = await readLog({ paths: [path], format, by: 'uri', maxGroups: 3 });
    expect(groups.map(({ key, tally }) => [key, tally.responses])).toEqual([
      ['/0', 10],
      ['/1', 10],
      ['/2', 10],
    ]);
    expect(others?.tally.responses).toBe(70);
  });

  /** 20 rare values first, then 3,000 of which every second one is one of three. */
  const late = Array.from({ length: 3020 }, (_, i) => {
    const uri = i < 20 ? `rare-${i}` : i % 2 === 0 ? `often-${'aab'[i % 3]}` : `once-${i}`;
    return `${line({ request: `GET /${uri} HTTP/1.1`, second: i })}\n`;
  });

  it('gives the tables to the frequent values, however late they come', async () => {
    const answer = await readLog({ paths: [logFile(late.join(''))], format, by: 'uri', maxGroups: 3 });
    expect(answer.groups.map(({ key, tally, mayLack }) => [key, tally.responses, mayLack])).toEqual([
      ['/often-a', 1000, 0],
      ['/often-b', 500, 0],
      ['/once-1001', 1, 0],
    ]);
    expect([answer.others?.tally.responses, answer.othersAtMost]).toEqual([1519, 1]);
  });

  it('gives them on the way where the lines come only once, and says what a row may lack', async () => {
    const stdin = () => Readable.from(late.map((text) => Buffer.from(text)));
    const answer = await readLog({ paths: ['-'], stdin, format, by: 'uri', maxGroups: 3 });
    const rows = new Map(answer.groups.map(({ key, tally, mayLack }) => [key, [tally.responses, mayLack]]));
    for (const [key, count] of [
      ['/often-a', 1000],
      ['/often-b', 500],
    ] as const) {
      const [counted = 0, mayLack = 0] = rows.get(key) ?? [];
      expect(mayLack).toBeLessThan(10);
      expect(counted).toBeLessThanOrEqual(count);
      expect(counted + mayLack).toBeGreaterThanOrEqual(count);
    }
    const all = answer.groups.reduce((sum, { tally }) => sum + tally.responses, 0);
    expect(all + (answer.others?.tally.responses ?? 0)).toBe(3020);
    expect(answer.othersAtMost).toBeLessThan(5);
  });
});

describe('threads', () => {
  const plain = ({ tally, groups, others, ...result }: LogAnswer) => ({
    ...result,
    tally: tally.toData(),
    groups: groups.map((group) => ({ ...group, tally: group.tally.toData() })),
    others: others?.tally.toData(),
  });

  it('give the same result to the last digit, with values that come late and more values than tables', async () => {
    const record = (i: number) => {
      const to = `127.0.0.1:${8002 + Math.floor(i / 1000)}`;
      const seconds = `${i % 7}.${String((i * 37) % 1000).padStart(3, '0')}`;
      return (
        `2025-03-02T0${Math.floor(i / 500)}:00:00+00:00 200 ${seconds} [${a}, ${to}] [502, 200] ` +
        `[0.001, ${seconds}] [-, 0.000] [-, 0.00${i % 10}] /${Math.floor(i / 400)}\n`
      );
    };
    const content = Array.from({ length: 4000 }, (_, i) => record(i)).join('');
    const paths = [logFile(content), logFile(content.slice(0, 1000))];
    const format = { text: `${timed} $request_uri` };
    // Values come one after the other: no part sees those of the others, and most find no table.
    const options = { paths, format, by: 'uri', maxGroups: 4, partBytes: 150_000 } as const;
    const one = plain(await readLog({ ...options, threads: 1 }));
    expect(one.records).toBe(4000 + content.slice(0, 1000).split('\n').length - 1);
    // The second file's records are the first ones of the first file.
    expect(one.groups.map(({ key }) => key)).toEqual(['/0', '/1', '/2', '/3']);
    expect(one.others?.cells.reduce((sum, { outcomes }) => sum + (outcomes[0] ?? 0), 0)).toBe(4000 - 4 * 400);
    expect(plain(await readLog({ ...options, threads: 2 }))).toEqual(one);
    expect(plain(await readLog({ ...options, threads: 5 }))).toEqual(one);
  });

  it('give the same result with more backends than a tally keeps, and as many as it keeps', async () => {
    for (const backends of [1500, 300]) {
      const path = logFile(
        lines(4500, (i) => ({
          to: `127.0.0.1:${1 + ((i * 7) % backends)}`,
          status: 200 + (i % 3),
          second: i,
        })),
      );
      const options = { paths: [path], format, by: 'status', partBytes: 20_000 } as const;
      const one = plain(await readLog({ ...options, threads: 1 }));
      expect(one.tally.run.counters.backendOverflow ?? 0).toBe(backends > 1024 ? (1500 - 1024) * 3 : 0);
      expect(plain(await readLog({ ...options, threads: 3 }))).toEqual(one);
    }
  });

  it('hold no more for a log of many parts than for one of few', async () => {
    const module = await builtApart('accesslog/read-log');
    const path = logFile(
      Array.from(
        { length: 40_000 },
        (_, i) => `200 ${i % 9}.${String(i % 1000).padStart(3, '0')} [127.0.0.1:${i % 6}] /${i % 40}\n`,
      ).join(''),
    );
    const peakMegabytes = (partBytes: number) => {
      const options = {
        paths: [path],
        format: { text: '$status $request_time [$upstream_addr] $request_uri' },
        by: 'uri',
        threads: 2,
        partBytes,
      };
      const script = `const { readLog } = await import(${JSON.stringify(module)});
        await readLog(${JSON.stringify(options)});
        console.log(process.resourceUsage().maxRSS / 1024);`;
      return Number(execFileSync(process.execPath, [logFile(script, 'read.mjs')], { encoding: 'utf8' }));
    };
    // 500 parts, which took 570 MB more when each had books of its own.
    expect(peakMegabytes(2000) - peakMegabytes(500_000)).toBeLessThan(100);
  });

  it('stop when told to', async () => {
    const paths = [logFile(lines(2)), logFile(lines(2))];
    for (const threads of [1, 2]) {
      await expect(readLog({ paths, format, threads, signal: AbortSignal.abort() })).rejects.toThrow(
        /abort/i,
      );
    }
  });

  it('divide a file at line starts wherever the parts meet', async () => {
    const content = `${lines(7, (i) => ({ to: `127.0.0.1:${i + 1}` }))}bad\n${lines(2)}`;
    const path = logFile(content);
    const whole = plain(await readLog({ paths: [path], format }));
    expect(whole.records).toBe(9);
    for (let partBytes = 1; partBytes < content.length; partBytes += partBytes < 20 ? 7 : 61)
      expect(plain(await readLog({ paths: [path], format, partBytes }))).toEqual(whole);
  });
});
