import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

it('the reading list names files that are there, and as many as it says', () => {
  const page = readFileSync(join(root, 'docs/reading.md'), 'utf8');
  const entries = page.split('\n').filter((line) => /^\d+\. /.test(line));
  expect(entries).toHaveLength(25);
  for (const entry of entries) {
    const [first = '', ...others] = [...entry.matchAll(/`([^`]+(?:\.ts|\/))`/g)].map(
      (match) => match[1] as string,
    );
    const paths = [
      first,
      ...others.map((path) => (path.startsWith('src/') ? path : join(dirname(first), path))),
    ];
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  }
});
