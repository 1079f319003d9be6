import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitize } from '../../src/text/sanitize.js';
import { hostile } from '../report/fixture.js';

describe('sanitize', () => {
  it('leaves what people read alone', () => {
    for (const text of [
      '127.0.0.1:8001',
      '[::1]:8001',
      'hash $request_uri consistent',
      '来自: 8001',
      'Zoë – naïve ✓',
    ]) {
      expect(sanitize(text)).toBe(text);
    }
  });

  it('shows that there was something it does not show', () => {
    expect(sanitize(hostile.terminal)).toBe('�[2J�]0;owned�red�31m');
    expect(sanitize(hostile.lines)).toBe('two��lines�three');
    expect(sanitize(hostile.bidi)).toBe('�gnp.exe');
    expect(sanitize('a\u200bb\ufeffc\ud800d\u{e0041}')).toBe('a�b�c�d�');
  });

  it('cuts by characters, not in the middle of one', () => {
    expect(sanitize('abcdef', 6)).toBe('abcdef');
    expect(sanitize('abcdef', 5)).toBe('abcd…');
    expect(sanitize('😀😀😀', 3)).toBe('😀😀😀');
    expect(sanitize('😀😀😀😀', 3)).toBe('😀😀…');
    expect(sanitize('x'.repeat(10_000_000)).length).toBe(200);
  });

  it('never lets a control, a line break or a direction override through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(sanitize(text)).not.toMatch(/\p{Cc}|\p{Zl}|\p{Zp}|\p{Cs}|[\u202a-\u202e\u2066-\u2069]/u);
        expect([...sanitize(text, 10)].length).toBeLessThanOrEqual(10);
      }),
    );
  });
});
