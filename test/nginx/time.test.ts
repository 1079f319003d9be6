import { describe, expect, it } from 'vitest';
import { parseSeconds } from '../../src/nginx/time.js';

describe('parseSeconds', () => {
  it.each([
    ['10', 10],
    ['0', 0],
    ['30s', 30],
    ['5m', 300],
    ['1h30m', 5_400],
    ['1h 30m', 5_400],
    ['1M', 2_592_000],
    ['1y2w', 32_745_600],
    ['1m 5', 65],
  ])('reads %s as %d', (text, seconds) => {
    expect(parseSeconds(text)).toEqual({ ok: true, value: seconds });
  });

  it.each(['', 's', '1ms', '1.5s', '-1', '1m1h', '1s1s', '1x', '9'.repeat(400)])('refuses %j', (text) => {
    expect(parseSeconds(text).ok).toBe(false);
  });
});
