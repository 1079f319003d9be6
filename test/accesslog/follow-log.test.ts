import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFollower } from '../../src/accesslog/follow-log.js';
import type { LogQuestion } from '../../src/accesslog/question.js';
import { LbbenchError } from '../../src/model/fault.js';

let folder: string;
let log: string;
let follower: LogFollower | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-follow-'));
  log = join(folder, 'access.log');
});
afterEach(() => {
  follower?.close();
  follower = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const format = { text: '$status to: $upstream_addr' };
const lines = (backend: number, count = 1) => `200 to: 127.0.0.1:${backend}\n`.repeat(count);

async function follow(options: Partial<LogQuestion> = {}): Promise<LogFollower> {
  follower = await LogFollower.open({ paths: [log], format, ...options });
  return follower;
}

const seen = (one: LogFollower) =>
  one.look(({ attempts, physicalLines, unmatched }) => ({
    ...Object.fromEntries([...(attempts ?? [])].map(([address, count]) => [address.slice(10), count])),
    lines: physicalLines,
    unmatched: unmatched.count,
  }));

describe('a followed log', () => {
  it('counts what was there and what comes, a line only when it is whole', async () => {
    writeFileSync(log, lines(8001, 3));
    const one = await follow();
    expect(seen(one)).toEqual({ 8001: 3, lines: 3, unmatched: 0 });
    appendFileSync(log, `${lines(8002, 2)}200 to: 127.0.0.1:80`);
    one.poll(1);
    expect(seen(one)).toEqual({ 8001: 3, 8002: 2, lines: 5, unmatched: 0 });
    appendFileSync(log, '02\n');
    one.poll(2);
    expect(seen(one)).toEqual({ 8001: 3, 8002: 3, lines: 6, unmatched: 0 });
    // A look changes nothing.
    expect(seen(one)).toEqual({ 8001: 3, 8002: 3, lines: 6, unmatched: 0 });
  });

  it('goes on in the new file after a rotation, and reads what workers still write to the old one', async () => {
    writeFileSync(log, lines(8001, 2));
    const one = await follow();
    renameSync(log, `${log}.1`);
    one.poll(1);
    appendFileSync(`${log}.1`, lines(8002, 1));
    one.poll(2);
    writeFileSync(log, lines(8003, 1));
    one.poll(3);
    appendFileSync(`${log}.1`, lines(8002, 4));
    appendFileSync(log, lines(8003, 2));
    one.poll(1000);
    expect(seen(one)).toEqual({ 8001: 2, 8002: 5, 8003: 3, lines: 10, unmatched: 0 });
  });

  it('lets the old file go some seconds after the rotation', async () => {
    writeFileSync(log, lines(8001));
    const one = await follow();
    renameSync(log, `${log}.1`);
    writeFileSync(log, lines(8001));
    one.poll(1);
    one.poll(10_002);
    appendFileSync(`${log}.1`, lines(8002));
    one.poll(10_003);
    expect(seen(one)).toEqual({ 8001: 2, lines: 2, unmatched: 0 });
  });

  it('starts over in a file that was copied and truncated', async () => {
    writeFileSync(log, lines(8001, 5));
    const one = await follow();
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, lines(8002, 2));
    one.poll(1);
    expect(seen(one)).toEqual({ 8001: 5, 8002: 2, lines: 7, unmatched: 0 });
  });

  it('notices a truncation although the file has grown past its old size before the next look', async () => {
    writeFileSync(log, lines(8001, 2));
    const one = await follow();
    writeFileSync(log, lines(8002, 40));
    one.poll(1);
    expect(seen(one)).toEqual({ 8001: 2, 8002: 40, lines: 42, unmatched: 0 });
  });

  it('numbers the lines that it could not read by their place in the file', async () => {
    writeFileSync(log, `${lines(8001, 3)}what?\n`);
    const one = await follow();
    appendFileSync(log, `${lines(8001)}nonsense\n`);
    one.poll(1);
    const first = one.look(({ unmatched }) => unmatched.first.map(({ line, text }) => [line, text]));
    expect(first).toEqual([
      [4, '"what?"'],
      [6, '"nonsense"'],
    ]);
  });

  it('starts with the last lines where it is told so', async () => {
    writeFileSync(log, lines(8001, 10) + lines(8002, 2));
    const one = await follow({ lastLines: 3 });
    appendFileSync(log, lines(8003));
    one.poll(1);
    expect(seen(one)).toEqual({ 8001: 1, 8002: 2, 8003: 1, lines: 4, unmatched: 0 });
  });

  it('follows several logs at once', async () => {
    const other = join(folder, 'other.log');
    writeFileSync(log, lines(8001));
    writeFileSync(other, lines(8002));
    const one = await follow({ paths: [log, other] });
    appendFileSync(other, lines(8002));
    one.poll(1);
    expect(seen(one)).toEqual({ 8001: 1, 8002: 2, lines: 3, unmatched: 0 });
  });

  it('reads a stream until it ends', async () => {
    const stream = new PassThrough();
    stream.write(lines(8001));
    const one = await follow({ paths: ['-'], stdin: () => stream });
    expect(one.isOver).toBe(false);
    stream.end(lines(8001, 2));
    await new Promise((resolve) => stream.on('close', resolve));
    expect(one.isOver).toBe(true);
    expect(seen(one)).toEqual({ 8001: 3, lines: 3, unmatched: 0 });
  });

  it('splits and selects what comes as it does what was there', async () => {
    writeFileSync(log, '');
    const one = await follow({ by: 'status', selection: { status: ['2xx', '5xx'] } });
    appendFileSync(log, `${lines(8001, 2)}502 to: 127.0.0.1:8002\n404 to: 127.0.0.1:8002\n`);
    one.poll(1);
    const groups = one.look((result) => result.groups.map(({ key, tally }) => [key, tally.responses]));
    expect(groups).toEqual([
      ['200', 2],
      ['502', 1],
    ]);
  });

  it('is refused where it is compressed, or empty and of a format that nobody told', async () => {
    writeFileSync(log, '');
    const refused = async (options: Partial<LogQuestion>) => {
      const error = await LogFollower.open({ paths: [log], ...options }).catch((one: unknown) => one);
      if (!(error instanceof LbbenchError)) throw new Error('expected a fault');
      return error.faults.map(({ message }) => message);
    };
    expect(await refused({})).toEqual(['expected lines to recognise the format from, got an empty log']);
    writeFileSync(log, Buffer.from([0x1f, 0x8b, 8]));
    expect(await refused({ format })).toEqual(['expected a log that grows, got a compressed one']);
  });
});
