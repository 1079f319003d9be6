import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUpstreamAddress, parseAddress } from '../../src/nginx/address.js';
import { formatIPv6, parseIPv6 } from '../../src/text/ip.js';

describe('parseAddress', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1:80'],
    ['127.0.0.1:8001', '127.0.0.1:8001'],
    ['127.0.0.1:012102', '127.0.0.1:12102'],
    ['010.0.0.001:80', '10.0.0.1:80'],
    ['[::1]', '[::1]:80'],
    ['[0:0:0:0:0:0:0:1]:8001', '[::1]:8001'],
    ['[2001:DB8:0:0:1::]:1', '[2001:db8:0:0:1::]:1'],
    ['[::ffff:127.0.0.1]:1', '[::ffff:127.0.0.1]:1'],
    ['localhost', 'localhost:80'],
    ['Backend-1.example.com:8001', 'Backend-1.example.com:8001'],
    ['unix:/run/a.sock', 'unix:/run/a.sock'],
    ['UNIX:/run/a.sock', 'UNIX:/run/a.sock'],
  ])('prints %s as %s', (text, canonical) => {
    expect(parseAddress(text)).toMatchObject({ ok: true, value: { canonical } });
  });

  it.each([
    '',
    ':80',
    '127.0.0.1:',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '127.0.0.1:http',
    '127.0.0.256',
    '127.0.0.1/x',
    '127.0.0.1?x',
    '::1',
    '[::1',
    '[::1]8001',
    '[:::1]',
    '[1::2::3]',
    '[fe80::1%lo]:1',
    'a b',
    'unix:',
    `unix:/${'a'.repeat(107)}`,
    'unix:/a\u001b[2J',
  ])('refuses %j', (text) => {
    expect(parseAddress(text).ok).toBe(false);
  });
});

describe('formatIPv6', () => {
  it('prints every address so that it reads back as the same bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.uint8Array({ maxLength: 8 }),
        (bytes, zeroed) => {
          for (const index of zeroed) bytes.fill(0, (index % 8) * 2, (index % 8) * 2 + 2);
          expect(parseIPv6(formatIPv6(bytes))).toEqual(bytes);
        },
      ),
    );
  });

  it('shortens the first of the longest zero runs and no single zero group', () => {
    expect(formatIPv6(Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4))).toBe('1::2:0:0:3:4');
    expect(formatIPv6(Uint8Array.of(0, 1, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7))).toBe('1:0:2:3:4:5:6:7');
    expect(formatIPv6(new Uint8Array(16))).toBe('::');
  });
});

describe('isUpstreamAddress', () => {
  it.each(['127.0.0.1:80', '[::1]:80', 'unix:/run/a b.sock', 'UNIX:/a'])('takes %s', (item) => {
    expect(isUpstreamAddress(item)).toBe(true);
  });

  it.each([
    'backend',
    '10.0.0.1',
    'all.down',
    'localhost:80',
    'unix:',
    'unix:/a\u0007',
    `unix:/${'a'.repeat(200)}`,
    '::1',
  ])('does not take %j', (item) => {
    expect(isUpstreamAddress(item)).toBe(false);
  });
});
