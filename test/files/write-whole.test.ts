import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFile, expectReplaceable, identityOf, replaceFile } from '../../src/files/write-whole.js';
import { describeWithSmallDisk, SmallDisk } from '../small-disk.js';

let folder = '';
const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('replaceFile', () => {
  it('makes a file, replaces it, and leaves nothing beside it', () => {
    replaceFile(at('a'), 'one');
    replaceFile(at('a'), 'two');
    expect(read('a')).toBe('two');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('never shows half of a text to a reader', () => {
    replaceFile(at('a'), 'old');
    const before = statSync(at('a')).ino;
    replaceFile(at('a'), 'new');
    // Another file in its place, not the old one cut and written.
    expect(statSync(at('a')).ino).not.toBe(before);
  });

  it('keeps permissions, and replaces the file at the end of a link', () => {
    writeFileSync(at('a'), 'old');
    chmodSync(at('a'), 0o640);
    symlinkSync('a', at('link'));
    replaceFile(at('link'), 'new');
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(read('a')).toBe('new');
    expect(statSync(at('a')).mode & 0o777).toBe(0o640);
  });

  it('makes the file that a link names and that is not there yet', () => {
    symlinkSync('later', at('link'));
    expectReplaceable(at('link'));
    expect(identityOf(at('link'))).toBe(identityOf(at('later')));
    replaceFile(at('link'), 'text');
    expect(read('later')).toBe('text');
  });

  it('writes to devices as they are', () => {
    replaceFile('/dev/null', 'text');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(() => replaceFile('/dev/full', 'text')).toThrow('ENOSPC');
  });

  it('tells beforehand what cannot be written, and leaves nothing of the trial', () => {
    mkdirSync(at('sub'));
    expect(() => expectReplaceable(at('none/a'))).toThrow('ENOENT');
    expect(() => expectReplaceable(at('sub'))).toThrow('a folder');
    expectReplaceable(at('new'));
    expect(readdirSync(folder)).toEqual(['sub']);
  });
});

describe('createFile', () => {
  it('makes a file, and never touches one that is there, nor a link', () => {
    createFile(at('a'), 'one');
    expect(() => createFile(at('a'), 'two')).toThrow('EEXIST');
    symlinkSync('elsewhere', at('link'));
    expect(() => createFile(at('link'), 'two')).toThrow('EEXIST');
    expect(read('a')).toBe('one');
    expect(readdirSync(folder).sort()).toEqual(['a', 'link']);
  });
});

describeWithSmallDisk('on a disk that is full', () => {
  const tooMuch = 'x'.repeat(40_000);

  it('what was there stays, and nothing is left beside it', () => {
    using disk = new SmallDisk(64);
    const path = join(disk.folder, 'baseline.json');
    replaceFile(path, 'old');
    disk.fill(8_192);
    expect(() => replaceFile(path, tooMuch)).toThrow('ENOSPC');
    expect(() => createFile(join(disk.folder, 'new'), tooMuch)).toThrow('ENOSPC');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(disk.folder).sort()).toEqual(['baseline.json', 'filler']);
  });

  it('a file that is mounted by itself is overwritten, because nothing can take its place', () => {
    using disk = new SmallDisk(64);
    const path = join(disk.folder, 'mounted');
    writeFileSync(path, 'old');
    writeFileSync(at('source'), 'old');
    execFileSync('mount', ['--bind', at('source'), path]);
    try {
      expectReplaceable(path);
      replaceFile(path, 'new');
      expect(read('source')).toBe('new');
      expect(readdirSync(disk.folder)).toEqual(['mounted']);
    } finally {
      execFileSync('umount', [path]);
    }
  });

  it('a read-only one is told beforehand', () => {
    using disk = new SmallDisk(64);
    disk.makeReadOnly();
    expect(() => expectReplaceable(join(disk.folder, 'a'))).toThrow('EROFS');
  });
});
