import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequestTarget } from '../../src/nginx/target.js';
import { byteString, compileKey, type KeyRequest } from '../../src/nginx/variables.js';

const request: KeyRequest = {
  method: 'GET',
  uri: '//a/./b/../caf%C3%A9?x=1&Y=2&x=3',
  headers: {
    host: 'Example.COM:8080',
    'x-user-id': 'u1',
    'x-twice': ['a', 'b'],
    cookie: 'a=1; session=s e; b',
    'content-type': 'text/plain',
  },
  remoteAddress: '127.0.0.1',
};

function evaluated(key: string, changes: Partial<KeyRequest> = {}): string | undefined {
  const compiled = compileKey(key);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.value({ ...request, ...changes });
}

describe('compileKey', () => {
  it.each([
    ['$request_uri', '//a/./b/../caf%C3%A9?x=1&Y=2&x=3'],
    // Decoded, two bytes for the é.
    ['$uri', '/a/caf\u00c3\u00a9'],
    ['$args', 'x=1&Y=2&x=3'],
    ['$uri$is_args$args', '/a/caf\u00c3\u00a9?x=1&Y=2&x=3'],
    ['$arg_x', '1'],
    ['$arg_X$arg_y', '12'],
    ['$arg_missing', ''],
    ['$http_x_user_id', 'u1'],
    ['$http_X_User_ID', 'u1'],
    ['$http_x_twice', 'a, b'],
    ['$http_constructor', ''],
    ['$cookie_session', 's e'],
    ['$cookie_A', '1'],
    ['$cookie_b', ''],
    ['$host', 'example.com'],
    ['$http_host', 'Example.COM:8080'],
    ['$request_method', 'GET'],
    ['$remote_addr', '127.0.0.1'],
    ['$binary_remote_addr', '\x7f\0\0\x01'],
    ['$content_type', 'text/plain'],
    ['$proxy_add_x_forwarded_for', '127.0.0.1'],
    ['a$arg_x-$' + '{arg_y}b', 'a1-2b'],
    ['é', '\u00c3\u00a9'],
    ['', ''],
  ])('evaluates %s', (key, value) => {
    expect(evaluated(key)).toBe(value);
  });

  it('takes raw bytes of a target as they are', () => {
    expect(evaluated('$request_uri', { uri: byteString('/日本') })).toBe(
      '/\u00e6\u0097\u00a5\u00e6\u009c\u00ac',
    );
  });

  it('names the variables it knows when it does not know one', () => {
    expect(compileKey('a$upstream_addr')).toMatchObject({
      ok: false,
      message: 'expected a variable that depends on the request alone, got "$upstream_addr"',
      hint: expect.stringContaining('$request_uri, $uri,'),
      offset: 1,
    });
    expect(compileKey('$1').ok).toBe(false);
    expect(compileKey('$arg_').ok).toBe(false);
    expect(compileKey('$').ok).toBe(false);
  });

  it('has no value for a request that nginx refuses', () => {
    expect(evaluated('$remote_addr', { uri: '/%zz' })).toBeUndefined();
  });
});

describe('parseRequestTarget', () => {
  it.each([
    ['/', '/', undefined],
    ['/a/b?c', '/a/b', 'c'],
    ['/?', '/', ''],
    ['//a///b', '/a/b', undefined],
    ['/a/./b', '/a/b', undefined],
    ['/a/.', '/a/', undefined],
    ['/a/..', '/', undefined],
    ['/a/../b', '/b', undefined],
    ['/a/b/..', '/a/', undefined],
    ['/a..b/...', '/a..b/...', undefined],
    ['/%2e%2E%2fa', undefined, undefined],
    ['/a%2F%2fb', '/a/b', undefined],
    ['/a%3Fb%23c%25d', '/a?b#c%d', undefined],
    ['/a#b?c', '/a', undefined],
    ['/a?b#c', '/a', 'b'],
    ['/..', undefined, undefined],
    ['/a/../..', undefined, undefined],
    ['/%', undefined, undefined],
    ['/%0', undefined, undefined],
    ['/%00', undefined, undefined],
    ['a', undefined, undefined],
    ['*', undefined, undefined],
    ['http://Host:1/a?b', '/a', 'b'],
    ['http://host?b', '/', 'b'],
    ['http://host', '/', undefined],
    ['http://host?', '/', ''],
    ['http://host#a', undefined, undefined],
    ['http:///a', undefined, undefined],
    ['http://', undefined, undefined],
    ['http://u@host/a', undefined, undefined],
  ])('normalizes %s', (target, path, args) => {
    const parsed = parseRequestTarget(target);
    expect(parsed?.path).toBe(path);
    expect(parsed?.args).toBe(args);
  });

  it('takes the authority off the absolute form', () => {
    expect(parseRequestTarget('http://Host:1/a?b')).toMatchObject({ authority: 'Host:1', raw: '/a?b' });
    // nginx 1.22.1: $request_uri is "?x=1", $uri "/".
    expect(parseRequestTarget('http://h?x=1')).toMatchObject({ authority: 'h', raw: '?x=1', path: '/' });
    expect(parseRequestTarget('http://h')).toMatchObject({ raw: '/' });
  });

  it('gives every path the same result a second time once it is normalized', () => {
    const piece = fc.constantFrom('/', '.', '..', 'a', '%41', '%2F', '%2e', '?', '#', '+', '\u00e9');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const once = parseRequestTarget(`/${pieces.join('')}`);
        if (once === undefined) return;
        expect(once.path).toMatch(/^\//);
        expect(parseRequestTarget(once.path)?.path).toBe(once.path);
      }),
    );
  });
});
