import { describe, expect, it } from 'vitest';
import { type ConfigFiles, diskFiles } from '../../src/nginx/config/files.js';
import { readConfig } from '../../src/nginx/config/read.js';
import { globMatcher } from '../../src/text/glob.js';

/** Files by path, with the directories they stand in. */
function filesOf(texts: Readonly<Record<string, string>>): ConfigFiles {
  return {
    read(path) {
      const text = texts[path];
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return text;
    },
    list(directory) {
      const prefix = directory === '/' ? '/' : `${directory}/`;
      const inside = Object.keys(texts).filter((path) => path.startsWith(prefix));
      if (inside.length === 0) throw new Error('ENOENT');
      return [...new Set(inside.map((path) => path.slice(prefix.length).split('/')[0] ?? ''))].reverse();
    },
  };
}

function namesIn(texts: Readonly<Record<string, string>>, main = '/etc/nginx/nginx.conf'): readonly string[] {
  const config = readConfig(main, filesOf(texts));
  if (!config.ok) throw new Error(JSON.stringify(config.faults));
  return config.value.map(({ name }) => name);
}

describe('readConfig', () => {
  it('puts included files in the place of the include, relative to the main file', () => {
    const texts = {
      '/etc/nginx/nginx.conf': 'a; include conf.d/x.conf; d;',
      '/etc/nginx/conf.d/x.conf': 'b; include conf.d/y.conf;',
      '/etc/nginx/conf.d/y.conf': 'c;',
    };
    expect(namesIn(texts)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('includes the matches of a pattern in byte order, and none if there are none', () => {
    const texts = {
      '/etc/nginx/nginx.conf': 'include /etc/nginx/conf.d/*.conf; include nothing/*; include */z;',
      '/etc/nginx/conf.d/b.conf': 'b;',
      '/etc/nginx/conf.d/B.conf': 'upper;',
      '/etc/nginx/conf.d/a.conf': 'a;',
      '/etc/nginx/conf.d/.hidden.conf': 'hidden;',
      '/etc/nginx/conf.d/c.txt': 'c;',
      '/etc/nginx/one/z': 'z1;',
      '/etc/nginx/two/z': 'z2;',
    };
    expect(namesIn(texts)).toEqual(['upper', 'a', 'b', 'z1', 'z2']);
  });

  it('keeps the file in the places of included directives', () => {
    const config = readConfig(
      '/n/nginx.conf',
      filesOf({ '/n/nginx.conf': 'http {\n include a;\n}', '/n/a': '\n  b;' }),
    );
    expect(config.ok && config.value[0]?.block?.[0]?.at).toEqual({ file: '/n/a', line: 2, column: 3 });
  });

  it('collects the faults of all files', () => {
    const texts = { '/n/nginx.conf': 'include a;\ninclude b;\n include c;', '/n/a': '}', '/n/b': 'x' };
    expect(readConfig('/n/nginx.conf', filesOf(texts))).toEqual({
      ok: false,
      faults: [
        expect.objectContaining({
          file: '/n/a',
          line: 1,
          column: 1,
          message: 'expected a directive, got "}"',
        }),
        expect.objectContaining({ file: '/n/b', line: 1 }),
        expect.objectContaining({
          file: '/n/nginx.conf',
          line: 3,
          column: 2,
          message: expect.stringContaining('expected a readable file, got "/n/c": ENOENT'),
        }),
      ],
    });
  });

  it('faults a cycle where it closes', () => {
    const texts = { '/n/nginx.conf': 'include a;', '/n/a': '\ninclude nginx.conf;' };
    expect(readConfig('/n/nginx.conf', filesOf(texts))).toMatchObject({
      faults: [
        { file: '/n/a', line: 2, message: 'expected no cycle of includes, got "/n/nginx.conf" again' },
      ],
    });
  });

  it('bounds includes that multiply', () => {
    // Ten levels of files that each include the next ten times would be 10^10 reads.
    const texts = Object.fromEntries(
      Array.from({ length: 11 }, (_, level) => [
        `/n/${level}`,
        level < 10 ? `include ${level + 1};`.repeat(10) : '',
      ]),
    );
    const config = readConfig('/n/0', filesOf(texts));
    expect(config.ok).toBe(false);
    const large = { '/n/0': 'include 1;'.repeat(9), '/n/1': '#'.repeat(8 * 2 ** 20) };
    expect(readConfig('/n/0', filesOf(large))).toMatchObject({
      faults: [
        { file: '/n/0', column: 71, message: 'expected at most 67108864 characters in all files, got more' },
        {},
      ],
    });
  });
});

describe('diskFiles', () => {
  it('reads regular files only, because a device may never end', () => {
    expect(() => diskFiles.read('/dev/zero')).toThrow('it is not a regular file');
  });
});

describe('globMatcher', () => {
  it.each([
    ['*.conf', ['a.conf', 'a.b.conf'], ['.conf', 'a.config', 'conf']],
    ['a?c', ['abc', 'aéc'], ['ac', 'abbc']],
    ['[a-c]x', ['ax', 'cx'], ['dx', '-x']],
    ['[!a-c]x', ['dx'], ['ax', 'x']],
    ['[]a]', [']', 'a'], ['b']],
    ['a\\*', ['a*'], ['ab']],
    ['.*', ['.a'], ['a']],
    ['a[b', ['a[b'], ['ab']],
    ['*a*b*', ['ab', 'xaxbx'], ['ba', 'a']],
  ])('%s', (pattern, matching, others) => {
    const matches = globMatcher(pattern);
    expect(matching.filter(matches)).toEqual(matching);
    expect(others.filter(matches)).toEqual([]);
  });

  it('takes no exponential time for many stars', () => {
    const startedAt = performance.now();
    expect(globMatcher(`${'*a'.repeat(100)}b`)('a'.repeat(255))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});
