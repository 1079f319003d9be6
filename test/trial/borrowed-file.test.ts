import {
  chmodSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { borrow, forget, giveBack, leftoverOf, put } from '../../src/trial/borrowed-file.js';
import { markOf } from '../../src/trial/process.js';

const [original, first, second] = ['least_conn;\n', 'ip_hash;\n', 'random;\n'].map((text) =>
  Buffer.from(text),
) as [Buffer, Buffer, Buffer];
const guardian = markOf(process.pid) ?? { pid: process.pid, startTicks: '' };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-borrowed-'));
  file = join(folder, 'backend.conf');
  writeFileSync(file, original);
  chmodSync(file, 0o640);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function lend(by = guardian): void {
  borrow({ conf: '/etc/nginx/nginx.conf', file, original, contents: [first, second], guardian: by });
}

function text(): string {
  return readFileSync(file, 'utf8');
}

/** All that a file is beside its name. */
function identity() {
  const { ino, mode, uid, gid, mtimeMs } = statSync(file);
  return { ino, mode, uid, gid, mtimeMs };
}

describe('a borrowed file', () => {
  it('has one content after the other, and is itself again in the end', () => {
    const before = identity();
    lend();
    for (const content of [first, second, original, first]) {
      put(file, content);
      expect(text()).toBe(content.toString());
      expect(statSync(file).mode).toBe(before.mode);
    }
    giveBack(file);
    forget(file);
    expect(text()).toBe('least_conn;\n');
    expect(identity()).toEqual(before);
    expect(readdirSync(folder)).toEqual(['backend.conf']);
  });

  it('has nothing beside it that a pattern of an include would take in', () => {
    lend();
    put(file, first);
    const names = readdirSync(folder).filter((name) => name !== 'backend.conf');
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) expect(name).toMatch(/^\./);
  });

  it('tells whoever finds it what happened and what to do', () => {
    lend();
    put(file, first);
    const note = JSON.parse(readFileSync(join(folder, '.backend.conf.lbbench-try.json'), 'utf8'));
    expect(note.about).toBe(
      'lbbench try has another content in the place of backend.conf; the original is .backend.conf.lbbench-original. "lbbench try --restore --nginx-conf /etc/nginx/nginx.conf" puts it back.',
    );
    expect(readFileSync(join(folder, '.backend.conf.lbbench-original'), 'utf8')).toBe('least_conn;\n');
    expect(leftoverOf(file)).toMatchObject({ isUnderWay: true, note: { file } });
  });

  /** What a kill or a power failure may leave, by the last step that was done. */
  const steps: readonly (readonly [string, () => void])[] = [
    ['the second name', () => linkSync(file, join(folder, '.backend.conf.lbbench-original'))],
    ['the note', () => lend()],
    [
      'half of a new content',
      () => {
        lend();
        writeFileSync(join(folder, '.backend.conf.lbbench-next'), 'ip_');
      },
    ],
    [
      'a new content in place',
      () => {
        lend();
        put(file, first);
      },
    ],
    [
      'another one',
      () => {
        lend();
        put(file, first);
        put(file, second);
      },
    ],
    [
      'the original in place',
      () => {
        lend();
        put(file, first);
        giveBack(file);
      },
    ],
  ];
  it.each(steps)('is given back after a cut behind %s', (_, leave) => {
    const before = identity();
    leave();
    giveBack(file);
    forget(file);
    expect(text()).toBe('least_conn;\n');
    expect(identity()).toEqual(before);
    expect(readdirSync(folder)).toEqual(['backend.conf']);
    expect(leftoverOf(file)).toBeUndefined();
  });

  it('is not lent twice, and says what to do', () => {
    lend();
    expect(() => lend()).toThrow('another lbbench try is under way');
    expect(text()).toBe('least_conn;\n');
    giveBack(file);
    forget(file);
    lend({ pid: guardian.pid, startTicks: '1' });
    put(file, first);
    expect(() => lend()).toThrow('an earlier lbbench try was cut off and has not put it back');
    expect(text()).toBe('ip_hash;\n');
  });

  it('is not lent when it is no longer what was looked at', () => {
    writeFileSync(file, 'hash $uri;\n');
    expect(() => lend()).toThrow('somebody else has changed it');
    expect(readdirSync(folder)).toEqual(['backend.conf']);
    expect(text()).toBe('hash $uri;\n');
  });

  it('stays as somebody else has left it, with the original beside it', () => {
    lend();
    put(file, first);
    writeFileSync(file, 'theirs;\n');
    expect(() => put(file, second)).toThrow('somebody else has changed it');
    expect(() => giveBack(file)).toThrow('somebody else has changed it');
    expect(text()).toBe('theirs;\n');
    expect(readFileSync(join(folder, '.backend.conf.lbbench-original'), 'utf8')).toBe('least_conn;\n');
  });

  it('comes back when somebody has removed it', () => {
    lend();
    put(file, first);
    rmSync(file);
    giveBack(file);
    expect(text()).toBe('least_conn;\n');
  });

  it('stays when nothing tells whose content it is', () => {
    lend();
    put(file, first);
    writeFileSync(join(folder, '.backend.conf.lbbench-try.json'), '{');
    expect(() => giveBack(file)).toThrow('somebody else has changed it');
    expect(text()).toBe('ip_hash;\n');
  });
});
