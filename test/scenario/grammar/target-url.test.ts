import { describe, expect, it } from 'vitest';
import { parseTargetUrl, redactQuery } from '../../../src/scenario/grammar/target-url.js';

const plain = { socketPath: undefined, path: undefined, credentials: undefined };

describe('target URLs', () => {
  it.each([
    [
      'http://127.0.0.1:8080',
      {
        ...plain,
        scheme: 'http',
        host: '127.0.0.1',
        port: 8080,
        authority: '127.0.0.1:8080',
        shownUrl: 'http://127.0.0.1:8080',
      },
    ],
    [
      'http://localhost/',
      {
        ...plain,
        scheme: 'http',
        host: 'localhost',
        port: 80,
        authority: 'localhost',
        path: '/',
        shownUrl: 'http://localhost/',
      },
    ],
    [
      'HTTPS://Example.COM:443/a?b',
      {
        ...plain,
        scheme: 'https',
        host: 'example.com',
        port: 443,
        authority: 'example.com',
        path: '/a?b',
        shownUrl: 'https://example.com/a?b',
      },
    ],
    [
      'https://h:80',
      { ...plain, scheme: 'https', host: 'h', port: 80, authority: 'h:80', shownUrl: 'https://h:80' },
    ],
    [
      'http://[::1]:8080/x',
      {
        ...plain,
        scheme: 'http',
        host: '::1',
        port: 8080,
        authority: '[::1]:8080',
        path: '/x',
        shownUrl: 'http://[::1]:8080/x',
      },
    ],
    [
      'http://[0:0::1]',
      { ...plain, scheme: 'http', host: '::1', port: 80, authority: '[::1]', shownUrl: 'http://[::1]' },
    ],
    [
      'http://bücher.example?q',
      {
        ...plain,
        scheme: 'http',
        host: 'xn--bcher-kva.example',
        port: 80,
        authority: 'xn--bcher-kva.example',
        path: '/?q',
        shownUrl: 'http://xn--bcher-kva.example/?q',
      },
    ],
    [
      'http://unix:/run/a.sock:/x/',
      {
        ...plain,
        scheme: 'http',
        host: 'localhost',
        port: 80,
        socketPath: '/run/a.sock',
        authority: 'localhost',
        path: '/x/',
        shownUrl: 'http://unix:/run/a.sock:/x/',
      },
    ],
    [
      'http://unix:/run/a.sock',
      {
        ...plain,
        scheme: 'http',
        host: 'localhost',
        port: 80,
        socketPath: '/run/a.sock',
        authority: 'localhost',
        shownUrl: 'http://unix:/run/a.sock',
      },
    ],
    [
      'http://h/{1..5}',
      {
        ...plain,
        scheme: 'http',
        host: 'h',
        port: 80,
        authority: 'h',
        path: '/{1..5}',
        shownUrl: 'http://h/{1..5}',
      },
    ],
    [
      'http://a:p%40%3Aq@h',
      {
        ...plain,
        scheme: 'http',
        host: 'h',
        port: 80,
        authority: 'h',
        credentials: { user: 'a', password: 'p@:q' },
        shownUrl: 'http://h',
      },
    ],
    [
      'http://a@h',
      {
        ...plain,
        scheme: 'http',
        host: 'h',
        port: 80,
        authority: 'h',
        credentials: { user: 'a', password: '' },
        shownUrl: 'http://h',
      },
    ],
  ])('reads %s', (text, value) => {
    expect(parseTargetUrl(text)).toStrictEqual({ ok: true, value });
  });

  it.each([
    '',
    'http://',
    'http:///x',
    'ftp://h',
    'h:80',
    'http://h:0',
    'http://h:65536',
    'http://h:x',
    'http://::1',
    'http://[::1',
    'http://[::g]',
    'http://a b',
    'http://h/a b',
    'http://h/#f',
    'http://h\r\nX: y',
    'http://unix:',
    'http://unix:rel.sock',
    'http://u%3Au:p@h',
    'http://%zz:p@h',
    `http://h/${'a'.repeat(5000)}`,
  ])('refuses %j', (text) => {
    expect(parseTargetUrl(text)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/^expected .*, got/),
    });
  });

  it('are shown without secrets in the query', () => {
    expect(redactQuery('/x?user=1&api_key=abc&Token=z&q')).toBe(
      '/x?user=1&api_key=[removed]&Token=[removed]&q',
    );
    const parsed = parseTargetUrl('http://h/x?token=abc');
    expect(parsed.ok && [parsed.value.shownUrl, parsed.value.path]).toEqual([
      'http://h/x?token=[removed]',
      '/x?token=abc',
    ]);
  });
});
