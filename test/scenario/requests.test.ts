import { describe, expect, it } from 'vitest';
import { faultsOf, planOf } from './load-text.js';

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

describe('brace expressions', () => {
  it('are taken in paths, headers, cookies and bodies, and doubled braces stand for themselves', () => {
    const [plan] = planOf(
      [
        'target: http://h',
        'headers: { X-Id: "{uuid}", X-Team: "{{team}}" }',
        'cookies: { session: "s{1..50}" }',
        'requests: [{ path: "/a?n={seq}&t={{b}}", json: { a: { b: {} }, c: "{uuid} {{c}}" }, headers: { X-N: "{1..3}" } }]',
      ].join('\n'),
    ).requests;
    expect(plan).toMatchObject({
      path: '/a?n={seq}&t={{b}}',
      headers: [
        ['X-Id', '{uuid}'],
        ['X-Team', '{{team}}'],
        ['X-N', '{1..3}'],
        ['Cookie', 'session=s{1..50}'],
        ['Content-Type', 'application/json'],
      ],
      body: { text: '{"a":{"b":{}},"c":"{uuid} {{c}}"}' },
    });
  });

  it('that are not understood are faults wherever they stand', () => {
    expect(
      faultsOf(
        [
          'target: http://h/{base}',
          'headers: { X-A: "a {a}" }',
          'cookies: { b: "{1..b}" }',
          'requests:',
          '  - { path: "/p?x={c}", json: { "{d}": ["x {e}"] }, headers: { X-F: "{f}" } }',
          '  - { path: /q, text: "{g}" }',
          '  - { path: /r, text: "{ \\"h\\": {} }" }',
        ].join('\n'),
      ),
    ).toEqual([
      's.yaml:1:9  target: expected {1..500}, {uuid} or {seq}, got "{base}"\n    hint: the text {base} is written {{base}}; a field of a file needs data: FILE',
      's.yaml:2:20  headers.X-A: expected {1..500}, {uuid} or {seq}, got "{a}"\n    hint: the text {a} is written {{a}}; a field of a file needs data: FILE',
      's.yaml:3:15  cookies.b: expected a range such as {1..500}, got "{1..b}"\n    hint: the text {1..b} is written {{1..b}}',
      's.yaml:5:19  requests[0].path: expected {1..500}, {uuid} or {seq}, got "{c}"\n    hint: the text {c} is written {{c}}; a field of a file needs data: FILE',
      's.yaml:5:33  requests[0].json["{d}"]: expected {1..500}, {uuid} or {seq}, got "{d}"\n    hint: the text {d} is written {{d}}; a field of a file needs data: FILE',
      's.yaml:5:44  requests[0].json["{d}"][0]: expected {1..500}, {uuid} or {seq}, got "{e}"\n    hint: the text {e} is written {{e}}; a field of a file needs data: FILE',
      's.yaml:5:69  requests[0].headers.X-F: expected {1..500}, {uuid} or {seq}, got "{f}"\n    hint: the text {f} is written {{f}}; a field of a file needs data: FILE',
      's.yaml:6:23  requests[1].text: expected {1..500}, {uuid} or {seq}, got "{g}"\n    hint: the text {g} is written {{g}}; a field of a file needs data: FILE',
    ]);
  });
});
