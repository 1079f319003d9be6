import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rules } from '../../src/lint/rules.js';
import { findingsIn, foundIn } from './lint.js';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/lint.md'), 'utf8');

/** The sections of the page that are about a rule: its id, the configuration that it finds, and the same one mended. */
const sections = page
  .split(/^### /m)
  .slice(1)
  .map((text) => {
    const [, id = ''] = /^(.*)\n/.exec(text) ?? [];
    const [spoiled = '', mended = ''] = [...text.matchAll(/```nginx\n([\s\S]*?)```/g)].map(
      ([, code = '']) => code,
    );
    return { id, spoiled, mended };
  });

describe('the page of the rules', () => {
  it('has a section for every rule, in their order', () => {
    expect(sections.map(({ id }) => id)).toEqual(rules.map(({ id }) => id));
  });

  it.each(sections)(
    'has a configuration that $id alone finds, and nothing finds it mended',
    ({ id, spoiled, mended }) => {
      expect(foundIn(spoiled).map((found) => found.replace(/:\d+$/, ''))).toEqual([id]);
      expect(foundIn(mended)).toEqual([]);
    },
  );

  it.each(sections)('mends $id by the lines that the finding gives', ({ spoiled, mended }) => {
    const [finding] = findingsIn(spoiled);
    const squeezed = mended.replaceAll(/\s+/g, ' ');
    for (const line of finding?.fix ?? []) {
      if (!line.startsWith('#')) expect(squeezed).toContain(line.trim().replaceAll(/\s+/g, ' '));
    }
    expect(finding?.fix.length).toBeGreaterThan(0);
  });
});
