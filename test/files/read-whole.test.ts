import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mostFileBytes, readWhole, UnreadableFile } from '../../src/files/read-whole.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content = ''): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function sparse(sizeBytes: number): string {
  const path = file('sparse');
  truncateSync(path, sizeBytes);
  return path;
}

function fifo(): string {
  const path = join(folder, 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

function refusalOf(read: () => unknown): UnreadableFile {
  try {
    read();
  } catch (error) {
    if (error instanceof UnreadableFile) return error;
  }
  throw new Error('expected a refusal');
}

describe('readWhole', () => {
  it('reads a file of up to the limit, and no byte more', () => {
    expect(readWhole(file('ten', 'abcdefghij'), 10).toString()).toBe('abcdefghij');
    expect(readWhole(file('none')).length).toBe(0);
    expect(refusalOf(() => readWhole(file('eleven', 'abcdefghijk'), 10))).toMatchObject({
      code: 'EFBIG',
      message: 'it has 11 bytes, more than 10',
    });
    expect(readWhole(sparse(mostFileBytes)).length).toBe(mostFileBytes);
  });

  it('reads a file that does not tell its size', () => {
    expect(readWhole('/proc/self/status').toString()).toContain('VmRSS:');
    expect(refusalOf(() => readWhole('/proc/self/status', 100)).message).toBe('it has more than 100 bytes');
  });

  it.each<[string, () => string, string, string]>([
    ['nothing', () => join(folder, 'none'), 'ENOENT', 'there is no such file'],
    ['a folder', () => folder, 'EISDIR', 'it is a folder'],
    ['a device', () => '/dev/zero', 'EINVAL', 'it is not a regular file'],
    ['a named pipe that nobody writes to', fifo, 'EINVAL', 'it is not a regular file'],
    ['3 GB', () => sparse(3e9), 'EFBIG', `it has 3000000000 bytes, more than ${mostFileBytes}`],
    ['a name too long', () => join(folder, 'n'.repeat(300)), 'ENAMETOOLONG', 'its name is too long'],
  ])('refuses %s', (_, path, code, message) => {
    expect(refusalOf(() => readWhole(path()))).toMatchObject({ code, message });
  });

  it('leaves a descriptor open that was given', () => {
    const descriptor = openSync(file('given', 'abc'), 'r');
    expect(readWhole(descriptor).toString()).toBe('abc');
    closeSync(descriptor);
  });
});
