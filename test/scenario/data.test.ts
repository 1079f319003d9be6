import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodersOf } from '../../src/engine/request-encoder.js';
import { requestMixOf } from '../../src/engine/request-mix.js';
import type { Plan, Target } from '../../src/model/plan.js';
import { loadJobOf } from '../../src/run/load-job.js';
import { readScenario } from '../../src/run/scenario-file.js';
import { describePlan } from '../../src/scenario/describe-plan.js';
import { faultsOf, planOf } from './load-text.js';

const scenario = (data: string, requests: string) =>
  `target: http://h\ndata: ${data}\nrequests: [${requests}]`;

const jobOf = (plan: Plan) => loadJobOf(plan, plan.target as Target, { poolNames: [] });

/** What requests send, by their number: path, last header, body. */
function sent(plan: Plan, indexes: readonly number[]): readonly string[] {
  const [encoder] = encodersOf(jobOf(plan));
  return indexes.map((index) =>
    [
      encoder?.pathOf(index),
      encoder?.fieldsOf(index).at(-1)?.[1],
      Buffer.from(encoder?.bodyOf(index) ?? []),
    ].join(' | '),
  );
}

describe('data of requests', () => {
  it('is read line by line, empty lines left out', () => {
    const plan = planOf(scenario('words.txt', '{ path: "/a?q={line}", text: "<{line}>" }'), {
      'words.txt': '\ufeffone\r\n\n\ntwo & 2\r\nthr\u00e9é "\n',
    });
    expect(sent(plan, [0, 1, 2, 3])).toEqual([
      '/a?q=one | text/plain; charset=utf-8 | <one>',
      '/a?q=two%20%26%202 | text/plain; charset=utf-8 | <two & 2>',
      '/a?q=thr%C3%A9%C3%A9%20%22 | text/plain; charset=utf-8 | <thréé ">',
      '/a?q=one | text/plain; charset=utf-8 | <one>',
    ]);
  });

  it('is JSONL: a text stays a text in JSON, anything else what it is, and dots lead inside', () => {
    const json =
      '{ p: "{prompt}", all: "{messages}", n: "{n}", t: "say {prompt} {n} {user.name}", "{n}": 1 }';
    const plan = planOf(
      scenario('d.jsonl', `{ path: /c, json: ${json}, headers: { X-User: "{user.name} {ok}" } }`),
      {
        'd.jsonl': [
          '{"prompt": "a \\"b\\"\\n{1..5}", "messages": [{"role": "user"}], "n": 1.50, "user": {"name": "Ann"}, "ok": true}',
          '{"user": {"name": "Bob"}, "ok": null, "prompt": "", "messages": null, "n": {}}',
        ].join('\n'),
      },
    );
    const [first = '', second = ''] = sent(plan, [0, 1]);
    expect(JSON.parse(first.split(' | ')[2] ?? '')).toEqual({
      p: 'a "b"\n{1..5}',
      all: [{ role: 'user' }],
      n: 1.5,
      t: 'say a "b"\n{1..5} 1.5 Ann',
      '1.5': 1,
    });
    expect(JSON.parse(second.split(' | ')[2] ?? '')).toMatchObject({
      p: '',
      all: null,
      n: {},
      t: 'say  {} Bob',
    });
    expect(encodersOf(jobOf(plan))[0]?.fieldsOf(1)).toContainEqual(['X-User', 'Bob null']);
  });

  it('is CSV with a header line, quotes and line breaks in fields', () => {
    const plan = planOf(scenario('d.csv', '{ path: "/{id}", text: "{text}|{line}" }'), {
      'd.csv': 'id,text\r\n7,plain\r\n"8","a, ""b""\nc"\r\n\r\n9,',
    });
    expect(sent(plan, [0, 1, 2]).map((text) => text.replace(' text/plain; charset=utf-8 |', ''))).toEqual([
      '/7 | plain|7,plain',
      '/8 | a, "b"\nc|"8","a, ""b""\nc"',
      '/9 | |9,',
    ]);
  });

  it('may be whole request targets', () => {
    const plan = planOf(scenario('{ file: d.log, format: lines }', '{ path: "{line}" }'), {
      'd.log': '/a?b=c\n/é',
    });
    expect(sent(plan, [0, 1]).map((text) => text.split(' ')[0])).toEqual(['/a?b=c', '/%C3%A9']);
    expect(
      faultsOf(scenario('d.txt', '{ path: "{line}" }').replace('http://h', 'http://h/base'), {
        'd.txt': '/a',
      }),
    ).toEqual([
      expect.stringContaining('requests[0].path: expected a path behind that of the target, got "{line}"'),
    ]);
  });

  it('goes to the requests that share it in turn, and to others of their own', () => {
    const plan = planOf(
      scenario(
        'a.txt',
        '{ name: a, path: "/{line}" }, { name: b, path: "/b{line}", weight: 2 }, { name: c, path: "/c{line}", data: c.txt }, { name: d, path: /d }',
      ),
      { 'a.txt': Array.from({ length: 50 }, (_, index) => `r${index}`).join('\n'), 'c.txt': 'x\ny\n' },
    );
    expect(plan.requests.map(({ dataIndex }) => dataIndex)).toEqual([0, 0, 1, undefined]);
    const job = jobOf(plan);
    const encoders = encodersOf(job);
    const mix = requestMixOf(job);
    const paths = Array.from({ length: 400 }, (_, index) => encoders[mix.kindOf(index)]?.pathOf(index) ?? '');
    const shared = paths.flatMap((path) => /^\/b?r(\d+)$/.exec(path)?.[1] ?? []).map(Number);
    expect(shared).toEqual(shared.map((_, nth) => nth % 50));
    const own = paths.filter((path) => path.startsWith('/c'));
    expect(own).toEqual(own.map((_, nth) => (nth % 2 === 0 ? '/cx' : '/cy')));
    // Whatever order they are asked in, as threads and logs do.
    const again = encodersOf(job);
    const backwards = paths.map((_, at) => again[mix.kindOf(399 - at)]?.pathOf(399 - at));
    expect(backwards.reverse()).toEqual(paths);
  });

  it('is drawn where the scenario says so, by its seed', () => {
    const files = { 'd.txt': Array.from({ length: 20 }, (_, index) => `${index}`).join('\n') };
    const text = scenario('{ file: d.txt, order: drawn }', '{ path: "/{line}/{line}" }');
    const indexes = Array.from({ length: 200 }, (_, index) => index);
    const drawn = sent(planOf(text, files), indexes);
    expect(new Set(drawn).size).toBe(20);
    for (const one of drawn) expect(one).toMatch(/^\/(\d+)\/\1 /);
    expect(drawn).not.toEqual([...drawn].sort());
    expect(sent(planOf(text, files), indexes)).toEqual(drawn);
    expect(sent(planOf(`${text}\nseed: 2`, files), indexes)).not.toEqual(drawn);
  });

  it('shows in a report as what file it is, not as what it says', () => {
    const plan = planOf(scenario('d.txt', '{ path: "/{line}" }'), { 'd.txt': 'very\nprivate' });
    expect(describePlan(plan)).toMatchObject({
      requests: [{ path: '/{line}', dataIndex: 0 }],
      data: [{ file: 'd.txt', order: 'next', records: 2, fields: ['line'] }],
    });
    expect(JSON.stringify(describePlan(plan))).not.toContain('private');
    expect(() => structuredClone(plan)).not.toThrow();
  });
});

describe('what data is refused for', () => {
  const faults = (
    files: Record<string, string>,
    data = Object.keys(files)[0] ?? '',
    request = '{ path: "/{user}" }',
  ) => faultsOf(scenario(data, request), files);

  it.each<[string, string, Record<string, string>, string, string[]]>([
    [
      'a field that it does not have',
      'd.csv',
      { 'd.csv': 'usr,name\n1,2' },
      '{ path: "/a/{user}" }',
      [
        's.yaml:3:24  requests[0].path: expected a field of "d.csv", got "{user}"\n    hint: did you mean {usr}? there are "usr", "name", "line"; the text {user} is written {{user}}',
      ],
    ],
    [
      'a field that a later record lacks',
      'd.jsonl',
      { 'd.jsonl': '{"user": 1}\n\n{"name": 2}' },
      '{ path: "/{user}" }',
      ['/s/d.jsonl:3  expected the field "user" in every record, got none'],
    ],
    [
      'a line that is no JSON',
      'd.jsonl',
      { 'd.jsonl': '{"user": 1}\n{user: 2}\n' },
      '{ path: "/{user}" }',
      [
        '/s/d.jsonl:2  expected one JSON value a line, got "{user: 2}"\n    hint: format: lines takes each line as it is',
      ],
    ],
    [
      'rows that are no CSV',
      'd.csv',
      { 'd.csv': 'user,b\n1\n1,2,3\n"1"x,2\n' },
      '{ path: "/{user}" }',
      [
        '/s/d.csv:2  expected 2 fields as in the first line, got 1\n    hint: a field with a comma or a quote stands between quotes, with its own quotes doubled',
        '/s/d.csv:3  expected 2 fields as in the first line, got 3\n    hint: a field with a comma or a quote stands between quotes, with its own quotes doubled',
        '/s/d.csv:4  expected a field of CSV, got "\\"1\\"x,2"\n    hint: a field with a comma or a quote stands between quotes, with its own quotes doubled',
      ],
    ],
    [
      'what no header may hold',
      'd.jsonl',
      { 'd.jsonl': '{"user": "a\\r\\nX: y"}' },
      '{ path: /, headers: { X-User: "{user}" } }',
      ['/s/d.jsonl:1  expected a header value without control characters, got U+000D'],
    ],
    [
      'what is no request target',
      'd.txt',
      { 'd.txt': '/a\nhttp://b/\n/c d' },
      '{ path: "{line}" }',
      [
        '/s/d.txt:2  expected a path that starts with /, got "http://b/"',
        '/s/d.txt:3  expected a path without spaces and control characters, got "/c d"\n    hint: write a space as %20',
      ],
    ],
    [
      'no records',
      'd.txt',
      { 'd.txt': '\n \n' },
      '{ path: "/{line}" }',
      ['s.yaml:2:7  data: expected at least one record, got none in "d.txt"'],
    ],
    [
      'nobody who takes any',
      'd.txt',
      { 'd.txt': 'a' },
      '{ path: /a }',
      [
        's.yaml:2:1  data: expected a request that takes a field of the data, got none\n    hint: write {line}, or a field such as {prompt}, in a path, header or body',
      ],
    ],
    [
      'a file that is not there',
      'gone.txt',
      {},
      '{ path: "/{line}" }',
      [expect.stringMatching(/^s\.yaml:2:7 {2}data: expected a readable file, got "gone\.txt"/) as string],
    ],
  ])('%s', (_, data, files, request, expected) => {
    expect(faults(files, data, request)).toEqual(expected);
  });

  it('more bytes than a file of a scenario may have, before they are read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lbbench-data-'));
    try {
      const file = join(folder, 's.yaml');
      writeFileSync(file, scenario('d.jsonl', '{ path: "/{user}" }'));
      writeFileSync(join(folder, 'd.jsonl'), '');
      truncateSync(join(folder, 'd.jsonl'), 3 * 1024 ** 3);
      expect(() => readScenario(file)).toThrow(
        /^expected a readable file, got "d\.jsonl": it has 3221225472 bytes/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('no more than a few faults, however many lines are wrong', () => {
    expect(faults({ 'd.jsonl': 'x\n'.repeat(1000) })).toHaveLength(5);
  });
});
