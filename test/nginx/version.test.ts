import { describe, expect, it } from 'vitest';
import { isAtLeast, parseVersion } from '../../src/nginx/version.js';

describe('versions of nginx', () => {
  it('are compared number by number', () => {
    expect(isAtLeast([1, 19, 5], [1, 19, 5])).toBe(true);
    expect(isAtLeast([1, 22, 1], [1, 19, 5])).toBe(true);
    expect(isAtLeast([2, 0, 0], [1, 19, 5])).toBe(true);
    expect(isAtLeast([1, 19, 4], [1, 19, 5])).toBe(false);
    expect(isAtLeast([1, 9, 15], [1, 19, 5])).toBe(false);
  });

  it.each([
    ['1.22.1', [1, 22, 1]],
    ['1.31.12', [1, 31, 12]],
    ['1.22', undefined],
    ['nginx/1.22.1', undefined],
    ['1.22.1-9', undefined],
  ])('reads %s', (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });
});
