import { describe, expect, it } from 'vitest';
import { planOf } from './load-text.js';

const target = 'target: http://127.0.0.1:8080\n';

function requestsOf(rest: string, files: Record<string, string | Uint8Array> = {}, url = target) {
  return planOf(`${url}${rest}`, files).requests;
}

describe('requests', () => {
  it('are GET without a body, POST with one, and whatever is asked for', () => {
    const requests = requestsOf(
      'requests: [{ path: /a }, { path: /b, text: "" }, { path: /c, json: null, method: PUT }, { path: /d, method: purge }]',
    );
    expect(requests.map(({ name }) => name)).toEqual(['GET /a', 'POST /b', 'PUT /c', 'purge /d']);
    expect(requests.map(({ body }) => body)).toEqual([
      undefined,
      { kind: 'template', text: '' },
      { kind: 'template', text: 'null' },
      undefined,
    ]);
  });

  it('are appended to the path of the target unless that is /', () => {
    const requests = 'requests: [{ path: /a }, { path: / }]';
    const paths = (url: string) => requestsOf(requests, {}, `target: ${url}\n`).map(({ path }) => path);
    expect(paths('http://h')).toEqual(['/a', '/']);
    expect(paths('http://h/')).toEqual(['/a', '/']);
    expect(paths('http://h/api')).toEqual(['/api/a', '/api/']);
    expect(paths('http://h/api/')).toEqual(['/api/a', '/api/']);
    expect(paths('"http://unix:/run/a.sock:/api"')).toEqual(['/api/a', '/api/']);
  });

  it('send letters beyond ASCII percent-encoded and keep them in the name', () => {
    expect(requestsOf('requests: [{ path: /聊天 }]')[0]).toMatchObject({
      name: 'GET /聊天',
      path: '/%E8%81%8A%E5%A4%A9',
    });
  });

  it('send files byte for byte, with the content type of their kind', () => {
    const files = { 'a.json': '{"x": "{1..2}"}', 'b.txt': '你好\r\n', 'c.bin': Uint8Array.of(0, 255, 10) };
    const requests = requestsOf(
      'requests: [{ path: /a, jsonFile: a.json }, { path: /b, textFile: ./b.txt }, { path: /c, file: /s/c.bin }]',
      files,
    );
    expect(requests.map(({ body }) => body?.kind === 'bytes' && [...body.bytes])).toEqual([
      [...Buffer.from('{"x": "{1..2}"}')],
      [...Buffer.from('你好\r\n')],
      [0, 255, 10],
    ]);
    expect(requests.map(({ headers }) => headers)).toEqual([
      [['Content-Type', 'application/json']],
      [['Content-Type', 'text/plain; charset=utf-8']],
      [['Content-Type', 'application/octet-stream']],
    ]);
  });

  it('draw ranges in inline bodies', () => {
    const [json, text] = requestsOf(
      'requests: [{ path: /a, json: { user: "u{1..9}", n: 1.5 } }, { path: /b, text: "hi {1..9}" }]',
    );
    expect(json?.body).toEqual({ kind: 'template', text: '{"user":"u{1..9}","n":1.5}' });
    expect(text?.body).toEqual({ kind: 'template', text: 'hi {1..9}' });
  });

  it('take headers for all, then their own, which replace them by name; then what lbbench adds', () => {
    const [first, second] = requestsOf(`headers: { X-Team: search, Accept: "*/*" }
cookies: { session: abc, theme: dark }
auth: { user: alice, password: "p:ß" }
requests:
  - { path: /a, text: x, headers: { x-team: ads, X-Own: "1" } }
  - { path: /b, text: x, auth: { user: bob, password: "" }, headers: { Cookie: "a=b", content-type: text/html } }
`);
    expect(first?.headers).toEqual([
      ['Accept', '*/*'],
      ['x-team', 'ads'],
      ['X-Own', '1'],
      // base64 of the UTF-8 bytes of "alice:p:ß"
      ['Authorization', 'Basic YWxpY2U6cDrDnw=='],
      ['Cookie', 'session=abc; theme=dark'],
      ['Content-Type', 'text/plain; charset=utf-8'],
    ]);
    expect(second?.headers).toEqual([
      ['X-Team', 'search'],
      ['Accept', '*/*'],
      ['Cookie', 'a=b'],
      ['content-type', 'text/html'],
      ['Authorization', 'Basic Ym9iOg=='],
    ]);
  });

  it('send their own credentials instead of a header that all share', () => {
    const [own, shared] = requestsOf(
      'headers: { authorization: Bearer x }\nrequests: [{ path: /a, auth: { user: a, password: b } }, { path: /b }]',
    );
    expect(own?.headers).toEqual([['Authorization', 'Basic YTpi']]);
    expect(shared?.headers).toEqual([['authorization', 'Bearer x']]);
  });

  it('carry the credentials of the target, which its URL does not show', () => {
    const plan = planOf('target: http://alice:secret@h/x');
    expect(plan.requests[0]?.headers).toEqual([['Authorization', 'Basic YWxpY2U6c2VjcmV0']]);
    expect(plan.target?.url).toBe('http://h/x');
  });

  it('keep keys that JavaScript objects have anyway', () => {
    const plan = planOf(`${target}headers: { constructor: a, toString: b }\nexpect: { constructor: 1 }`);
    expect(plan.requests[0]?.headers).toEqual([
      ['constructor', 'a'],
      ['toString', 'b'],
    ]);
    expect(plan.expected).toEqual([{ address: 'constructor', weight: 1 }]);
  });
});
