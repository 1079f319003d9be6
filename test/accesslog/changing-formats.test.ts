import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogAnswer } from '../../src/accesslog/log-answer.js';
import { readLog } from '../../src/accesslog/read-log.js';
import { knownFormats } from '../../src/nginx/known-log-formats.js';
import { readLogReport } from '../../src/run/log/log.js';
import { lines, logFile, logFolder } from './log-lines.js';

const a = '127.0.0.1:8001';
const b = '127.0.0.1:8002';
const combined = (count: number) => lines(count).replaceAll(/ "-" to: .*/g, '');
const ingress = (to: string) =>
  `203.0.113.1 - - [02/Mar/2025:00:00:00 +0000] "POST /v1 HTTP/1.1" 200 512 "-" "x" 731 0.100 [pool] [] ${to} 512 0.090 200 0a1b\n`;
const json = (to: string) => `{"time":"2025-03-02T00:00:00+00:00","status":200,"upstream_addr":"${to}"}\n`;

const counts = ({ tally }: LogAnswer) =>
  Object.fromEntries(tally.cells.slice(1).map(({ address, count }) => [address, count]));
const requests = ({ formats }: LogAnswer) => formats.map(({ selected }) => selected);

describe('a log whose format changes', () => {
  const half = lines(450, (i) => ({ to: i % 2 === 0 ? a : b }));

  it('is read by the format that each line has, and says how many were of which', async () => {
    const path = logFile(combined(250) + half + json(a).repeat(30) + ingress(b));
    const answer = await readLog({ paths: [path] });
    expect(counts(answer)).toEqual({ [a]: 255, [b]: 226 });
    expect([answer.records, answer.unmatched.count, answer.format]).toEqual([731, 0, knownFormats.to]);
    expect(requests(answer)).toEqual([450, 250, 30, 1]);
    const { runs, log } = await readLogReport({ paths: [path] });
    expect(log?.formats?.map(({ selected }) => selected)).toEqual([450, 250, 30, 1]);
    expect(runs[0]?.unattributed).toBe(250);
    expect(runs[0]?.warnings.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^250 of 731 requests are of a format without \$upstream_addr/),
    );
  });

  it('is judged by the lines that are selected', async () => {
    const paths = [logFile(combined(250) + half)];
    const last = await readLogReport({ paths, lastLines: 300 });
    expect(last.log?.formats).toBeUndefined();
    expect(last.runs[0]?.unattributed).toBe(0);
    const none = await readLogReport({ paths: [logFile(half + combined(250))], lastLines: 200 });
    expect([none.log?.notProxied, none.runs[0]?.backends]).toEqual([undefined, []]);
  });

  it('is read alike from a pipe, compressed, and with any number of threads', async () => {
    // What comes so late is seen in no sample.
    const content = combined(3000) + ingress(b).repeat(7) + combined(3000) + half + combined(6000);
    const bytes = Buffer.from(content);
    const stdin = () => Readable.from([bytes.subarray(0, 500), bytes.subarray(500)], { objectMode: false });
    const answers = await Promise.all([
      readLog({ paths: [logFile(content)] }),
      readLog({ paths: [logFile(content)], threads: 3, partBytes: 100_000 }),
      readLog({ paths: [logFile(gzipSync(bytes), 'access.log.gz')] }),
      readLog({ paths: ['-'], stdin }),
    ]);
    for (const answer of answers) {
      expect(counts(answer)).toEqual({ [a]: 225, [b]: 232 });
      expect(requests(answer)).toEqual([12_000, 450, 7]);
      expect(answer.tally.overall('service').count).toBe(7);
    }
  });

  it('has each file in its own, also where lines would fit that of another', async () => {
    const folder = logFolder();
    const [one, other] = [join(folder, 'one.log'), join(folder, 'other.log')];
    writeFileSync(one, `${a} 200 ${b}\n`.repeat(3));
    writeFileSync(other, `${a} 200 ${b}\n`.repeat(5));
    const config = join(folder, 'nginx.conf');
    writeFileSync(
      config,
      `log_format one '$upstream_addr $status $server_addr'; log_format other '$server_addr $status $upstream_addr';
       access_log ${one} one; access_log ${other} other;`,
    );
    const { runs } = await readLogReport({ paths: [one, other], conf: config });
    expect(runs[0]?.backends.map(({ address, count }) => [address, count])).toEqual([
      [a, 3],
      [b, 5],
    ]);
  });

  it('answers what only some of its formats carry', async () => {
    const paths = [logFile(json(a).repeat(5) + lines(3, () => ({ to: b })))];
    const { groups, selected } = await readLog({ paths, selection: { method: ['get'] } });
    expect([selected, groups]).toEqual([3, []]);
    const split = await readLog({ paths, by: 'method' });
    expect(split.groups.map(({ key, tally }) => [key, tally.responses])).toEqual([
      ['-', 5],
      ['GET', 3],
    ]);
    await expect(readLog({ paths, by: 'host' })).rejects.toThrow(/without host/);
  });

  it('leaves lines of other formats alone where the format is told', async () => {
    const path = logFile(combined(5) + half);
    const { records, unmatched } = await readLog({ paths: [path], format: { text: 'to' } });
    expect([records, unmatched.count]).toEqual([450, 5]);
  });

  it('counts the same in whatever order its lines stand', async () => {
    const kinds = [
      combined(1),
      ...lines(2, (i) => ({ to: i === 0 ? a : b }))
        .split(/(?<=\n)/)
        .slice(0, 2),
      ingress(a),
      'no\n',
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(kinds.length - 1), { minLength: 1, maxLength: 60 }), async (order) => {
        if (order.every((kind) => kind === 4)) return;
        const answer = await readLog({ paths: [logFile(order.map((kind) => kinds[kind]).join(''))] });
        const of = (kind: number) => order.filter((one) => one === kind).length;
        expect(answer.unmatched.count).toBe(of(4));
        expect(counts(answer)[a] ?? 0).toBe(of(1) + of(3));
        expect(counts(answer)[b] ?? 0).toBe(of(2));
        expect(answer.tally.cells[0]?.count).toBe(of(0));
      }),
      { numRuns: 60 },
    );
  });
});
