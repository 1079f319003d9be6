import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../../src');

/** Who may import whom, from the one table in the contributing guide; everything may import itself. */
const allowed = tableOf(readFileSync(resolve(import.meta.dirname, '../../CONTRIBUTING.md'), 'utf8'));

function tableOf(guide: string): Readonly<Record<string, readonly string[]>> {
  const rows = [...guide.matchAll(/^\| `(\w+)` \|[^|]*\|([^|]*)\|$/gm)];
  return Object.fromEntries(
    rows.map(([, room = '', imports = '']) => [
      room,
      imports
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    ]),
  );
}

/** What only some rooms may reach for outside `src/`. */
const reserved: readonly { readonly pattern: RegExp; readonly rooms: readonly string[] }[] = [
  { pattern: /\bconsole\./, rooms: ['cli'] },
  { pattern: /\bprocess\.(exit\b|stdout\b|stderr\b)/, rooms: ['cli', 'lab'] },
  { pattern: /\bMath\.random\(/, rooms: [] },
  { pattern: /from 'node:(net|tls|http|https|dgram)'/, rooms: ['engine', 'fleet', 'lab', 'accesslog'] },
];

function sourceFiles(): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(src, name));
}

function roomOf(file: string): string {
  const parts = relative(src, file).split(sep);
  return parts.length === 1 ? '' : (parts[0] ?? '');
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
}

describe('the rooms', () => {
  it('has a table that names only rooms of its own, and no circle', () => {
    expect(Object.keys(allowed).length).toBeGreaterThan(10);
    const rank = new Map(Object.keys(allowed).map((room, index) => [room, index]));
    const unknown = Object.values(allowed)
      .flat()
      .filter((room) => !rank.has(room));
    expect(unknown).toEqual([]);
    const reaches = (from: string, to: string): boolean =>
      allowed[from]?.some((next) => next === to || reaches(next, to)) === true;
    expect(Object.keys(allowed).filter((room) => reaches(room, room))).toEqual([]);
  });

  it('has only rooms that the table names', () => {
    const rooms = new Set(sourceFiles().map(roomOf).filter(Boolean));
    expect([...rooms].filter((room) => !(room in allowed))).toEqual([]);
  });

  it('has no arrow that the table does not allow', () => {
    const forbidden: string[] = [];
    for (const file of sourceFiles()) {
      const room = roomOf(file);
      if (room === '') continue;
      for (const specifier of importsOf(readFileSync(file, 'utf8'))) {
        const target = roomOf(resolve(dirname(file), specifier));
        if (target !== room && !allowed[room]?.includes(target)) {
          forbidden.push(`${relative(src, file)} -> ${specifier}`);
        }
      }
    }
    expect(forbidden).toEqual([]);
  });

  it('keeps sockets, randomness, printing and exiting in the rooms that own them', () => {
    const strays: string[] = [];
    for (const file of sourceFiles()) {
      const text = readFileSync(file, 'utf8');
      for (const { pattern, rooms } of reserved) {
        if (pattern.test(text) && !rooms.includes(roomOf(file)))
          strays.push(`${relative(src, file)}: ${pattern}`);
      }
    }
    expect(strays).toEqual([]);
  });

  it('has no grab-bag files', () => {
    const names = sourceFiles().map((file) => relative(src, file));
    expect(names.filter((name) => /(^|\/)(utils?|helpers?|common|misc|types)\.ts$/.test(name))).toEqual([]);
  });
});
