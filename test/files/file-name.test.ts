import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileNameOf } from '../../src/files/file-name.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a name as the beginning of a file name', () => {
  it.each([
    ['my run/1', 'my-run-1'],
    ['../../etc/passwd', 'etc-passwd'],
    ['.hidden', 'hidden'],
    ['负载均衡 🙂', '负载均衡-'],
    ['', 'run'],
    ['///', 'run'],
    ['a\u202eb\u0000c', 'a-b-c'],
    ['x'.repeat(1_000_000), 'x'.repeat(100)],
    ['负'.repeat(200), '负'.repeat(33)],
  ])('%j', (name, file) => {
    expect(fileNameOf(name)).toBe(file);
  });

  it('can be made, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const file = join(folder, `${fileNameOf(name)}-20261122T103000Z.json`);
        writeFileSync(file, '');
        rmSync(file);
      }),
    );
  });
});
