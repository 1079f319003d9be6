import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogAnswer } from '../../src/accesslog/log-answer.js';
import type { LogQuestion } from '../../src/accesslog/question.js';
import { readLog } from '../../src/accesslog/read-log.js';
import { behindPrefix } from '../../src/accesslog/wrapping/prefix.js';
import { Unwrapper } from '../../src/accesslog/wrapping/unwrapper.js';
import { knownFormats } from '../../src/nginx/known-log-formats.js';
import { line, logFile } from './log-lines.js';

const a = '127.0.0.1:8001';
const b = '127.0.0.1:8002';

/** What containers, shippers and syslog make of a line, as their documentation or the programs themselves have it. */
const wrappings: Readonly<Record<string, (line: string) => string>> = {
  'CRI, as containerd and CRI-O write it': (text) => `2026-11-22T10:00:00.689166775Z stdout F ${text}`,
  'CRI with an offset': (text) => `2026-11-22T10:00:00.689166775+01:00 stderr F ${text}`,
  'kubectl logs --timestamps': (text) => `2026-11-22T10:00:00.689166775Z ${text}`,
  'kubectl logs --prefix': (text) => `[pod/web-7d4b9c-x2x9z/nginx] ${text}`,
  'docker compose logs': (text) => `nginx-1  | ${text}`,
  'docker compose logs in colour': (text) => `\x1b[36mnginx-1  | \x1b[0m${text}`,
  'docker-compose logs of version 1': (text) => `\x1b[36mnginx_1    |\x1b[0m ${text}`,
  'docker compose logs --timestamps': (text) => `nginx-1  | 2026-11-22T10:00:00.689166775Z ${text}`,
  'docker service logs': (text) => `web.1.ks9wbvu4kyrg@node-1    | ${text}`,
  'forego, of nginx-proxy': (text) => `\x1b[0;36;1mnginx.1    | \x1b[0m${text}`,
  foreman: (text) => `10:00:00 web.1  | ${text}`,
  "Docker's json-file": (text) =>
    `${JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: '2026-11-22T10:00:00.689166775Z' })}`,
  "Docker's json-file, as Go escapes": (text) =>
    JSON.stringify({ log: `${text}\n`, stream: 'stdout' }).replaceAll(
      /[<>&]/g,
      (c) => `\\u00${c.charCodeAt(0).toString(16)}`,
    ),
  "nginx-proxy in Docker's json-file": (text) =>
    JSON.stringify({ log: `\x1b[0;36;1mnginx.1    | \x1b[0m${text}\r\n`, stream: 'stdout' }),
  Filebeat: (text) =>
    JSON.stringify({
      '@timestamp': '2026-11-22T10:00:00.123Z',
      '@metadata': { beat: 'filebeat', type: '_doc' },
      log: { offset: 123, file: { path: '/var/log/nginx/access.log' } },
      message: text,
      host: { name: 'web-1' },
    }),
  'Elasticsearch with the original': (text) =>
    JSON.stringify({ _index: 'logs', _source: { '@timestamp': '2026-11-22T10:00:00Z', message: text } }),
  'Fluent Bit': (text) =>
    JSON.stringify({ date: 1795341600.5, log: text, kubernetes: { pod_name: 'web', labels: { log: 'x' } } }),
  'CRI around JSON': (text) => `2026-11-22T10:00:00Z stdout F ${JSON.stringify({ message: text })}`,
  journalctl: (text) => `Nov 22 10:00:00 web-1 nginx[812]: ${text}`,
  'journalctl -o short-precise': (text) => `Nov  2 10:00:00.123456 web-1 nginx[812]: ${text}`,
  'journalctl -o short-iso': (text) => `2026-11-22T10:00:00+0000 web-1 nginx[812]: ${text}`,
  'journalctl -o short-full': (text) => `Sun 2026-11-22 10:00:00 UTC web-1 nginx[812]: ${text}`,
  'journalctl -o json': (text) =>
    JSON.stringify({ __CURSOR: 's=1;i=2', MESSAGE: text, _PID: '812', _COMM: 'nginx', PRIORITY: '6' }),
  "nginx's own syslog": (text) => `<190>Nov 22 10:00:00 web-1 nginx: ${text}`,
  "nginx's own syslog without a host": (text) => `<190>Nov 22 10:00:00 nginx: ${text}`,
  rsyslog: (text) => `Nov 22 10:00:00 web-1 nginx: ${text}`,
  'rsyslog with exact times': (text) => `2026-11-22T10:00:00.123456+00:00 web-1 nginx: ${text}`,
  'rsyslog, forwarded': (text) => `<190>2026-11-22T10:00:00.123456+00:00 web-1 nginx: ${text}`,
  'RFC 5424': (text) => `<190>1 2026-11-22T10:00:00.123Z web-1 nginx 812 - - ${text}`,
  'RFC 5424 with structured data': (text) =>
    `<190>1 2026-11-22T10:00:00Z web-1 nginx 812 ID47 [a@32473 iut="3" b="x\\"] \\\\"][c@1] \ufeff${text}`,
  'RFC 5424 without priority and time': (text) => `1 - web-1 nginx - - - ${text}`,
  'NUL bytes': (text) => `\0\0\0${text}`,
};

const counts = ({ tally }: LogAnswer) =>
  Object.fromEntries(
    tally.cells.slice(1).map(({ address, count, counters }) => [address, [count, counters.retries]]),
  );

const plain = [
  line({ to: a }),
  line({
    to: `${a}, ${b}`,
    request: 'GET /<&>?a="b\\x22 HTTP/1.1'.replace('"', ''),
    agent: '\\x5Cn é'.replace('é', '\\xC3\\xA9'),
  }),
  line({ to: '-', user: 'x: y' }),
  line({ to: b }),
];

async function read(lines: readonly string[], question: Partial<LogQuestion> = {}): Promise<LogAnswer> {
  return readLog({ paths: [logFile(lines.map((one) => `${one}\n`).join(''))], ...question });
}

const config = [
  {
    name: 'http',
    args: [],
    block: [
      { name: 'log_format', args: ['f', knownFormats.to?.text ?? ''], block: undefined, at: undefined },
    ],
    at: undefined,
  },
];

describe.each(Object.entries(wrappings))('what %s makes of lines', (_, wrap) => {
  it('is read as the lines in it, with the format recognised, told, or from a configuration', async () => {
    const expected = await read(plain, { by: 'uri' });
    expect(counts(expected)).toEqual({ [a]: [1, 1], [b]: [2, 0] });
    const none = { text: knownFormats.to?.text ?? '', escape: 'none' } as const;
    for (const format of [undefined, { text: 'to' }, { config }, none]) {
      const answer = await read(plain.map(wrap), { format, by: 'uri' });
      expect(answer.unmatched.first).toEqual([]);
      expect(counts(answer)).toEqual(counts(expected));
      if (format !== none)
        expect(answer.groups.map(({ key }) => key)).toEqual(expected.groups.map(({ key }) => key));
    }
  });

  it('is no format, where nothing in it is', async () => {
    await expect(read(['nonsense', 'more of it', '{', '"'].map(wrap))).rejects.toThrow(
      /format that is recognised/,
    );
  });
});

describe('a line that a container’s runtime cut up', () => {
  const cri = (mark: string, text: string, stream = 'stdout') =>
    `2026-11-22T10:00:00.689166775Z ${stream} ${mark} ${text}`;
  /** In pieces of so many characters. */
  const cut = (text: string, length: number, stream = 'stdout') => {
    const pieces = text.match(new RegExp(`.{1,${length}}`, 'gs')) ?? [];
    return pieces.map((piece, index) => cri(index < pieces.length - 1 ? 'P' : 'F', piece, stream));
  };

  it.each([7, 40, 90, 1000])('into pieces of %i is read as one, with every other line', async (length) => {
    const expected = counts(await read(plain));
    for (const format of [
      undefined,
      { text: 'to' },
      { text: knownFormats.to?.text ?? '', escape: 'none' as const },
    ]) {
      const answer = await read(
        plain.flatMap((text) => cut(text, length)),
        { format },
      );
      expect(answer.unmatched.first).toEqual([]);
      expect([answer.records, counts(answer)]).toEqual([plain.length, expected]);
    }
  });

  it('is told from what another stream says in between', async () => {
    const [first = '', second = ''] = cut(line({ to: a }), 80);
    const [third = '', fourth = ''] = cut(line({ to: b }), 80, 'stderr');
    const answer = await read(
      [first, third, cri('F', line({ to: b })).replace('stdout', 'stderr'), second, fourth],
      {
        format: { text: 'to' },
      },
    );
    // The whole line of stderr is the end of what stderr had begun, and so is no line of the format.
    expect(counts(answer)[a]).toEqual([1, 0]);
    const calm = await read([first, third, second, fourth, cri('F', line({ to: b }))], {
      format: { text: 'to' },
    });
    expect(counts(calm)).toEqual({ [a]: [1, 0], [b]: [2, 0] });
  });

  it('counts as not read where its end is missing, or where it is longer than any line can be', async () => {
    const [first = ''] = cut(line({ to: a }), 80);
    const unfinished = await read([cri('F', line({ to: b })), first], { format: { text: 'to' } });
    expect(unfinished.unmatched).toMatchObject({
      count: 1,
      first: [{ line: 2, reason: expect.stringMatching(/no last one/) }],
    });
    const long = Array.from({ length: 1200 }, () => cri('P', 'x'.repeat(1000)));
    const answer = await read([...long, cri('F', 'x'), cri('F', line({ to: b }))], {
      format: { text: 'to' },
    });
    expect(counts(answer)).toEqual({ [b]: [1, 0] });
    expect(answer.unmatched.count).toBe(1201);
  });

  it('is not torn between threads', async () => {
    const many = Array.from({ length: 400 }, (_, n) => cut(line({ to: n % 2 ? a : b }), 50)).flat();
    for (const partBytes of [1000, 1001, 5000]) {
      const answer = await read(many, { format: { text: 'to' }, partBytes, threads: 2 });
      expect([counts(answer), answer.unmatched.count]).toEqual([{ [b]: [200, 0], [a]: [200, 0] }, 0]);
    }
  });
});

describe('the prefixes of lines', () => {
  const word = String.raw`[!#-~\x80-\xff]{1,255} `;
  const iso = String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d*)?(?:Z|[+-]\d\d:?\d\d)?`;
  const bsd = String.raw`[A-Z][a-z]{2} (?: \d|\d\d) \d\d:\d\d:\d\d(?:[.,]\d*)? `;
  const time = `(?:${iso} |${bsd}|[A-Z][a-z]{2} ${iso} ${word})`;
  const tag = `(?:${word})(?<=: )|(?:${word}${word})(?<=: )`;
  const element = String.raw`\[(?:[^"\]\n]|"(?:[^"\\\n]|\\.)*")*\]`;
  const structured = String.raw`1 (?:- |${time})(?:${word}){4}(?:-|${element})(?:${element})* (?:\xef\xbb\xbf)?`;
  const colour = String.raw`(?:\x1b\[[\d;]*m)`;
  /** The same prefixes as expressions; the first one that matches counts. */
  const grammar = [
    String.raw`\0+`,
    `${colour}+`,
    String.raw`<\d{1,3}>(?:${structured})`,
    String.raw`<\d{1,3}>(?:(?:${time})(?:${tag})|${tag})`,
    String.raw`\[pod/[!#-~\x80-\xff]{1,255}(?<=\]) `,
    structured,
    `${time}(?:stdout|stderr) F `,
    `${time}(?:${tag})`,
    `${iso} `,
    String.raw`(?:\d\d:\d\d:\d\d )?[\w./@-]{1,255} *\|${colour}* `,
  ].map((source) => new RegExp(`^(?:${source})`, 's'));
  const fragment = fc.constantFrom(
    ...[
      '2026-11-22T10:00:00',
      '2026-11-22 10:00:00',
      '.5',
      ',25',
      'Z',
      '+01:00',
      '+0000',
      'Nov 22 10:00:00',
      'Nov  2 10:00:00',
    ],
    ...[
      ' ',
      ' ',
      ' ',
      'stdout F ',
      'stderr P ',
      'web-1',
      'nginx[1]:',
      'nginx:',
      ': ',
      ':',
      '<190>',
      '<1234>',
      '1 ',
      '- ',
      '-',
    ],
    ...[
      '[a@1 b="c"]',
      '[a b="\\"]"]',
      '[pod/a/b] ',
      '[',
      ']',
      '"',
      '\x1b[36m',
      '\x1b[0;1m',
      '|',
      '| ',
      'nginx-1  | ',
      '10:00:00 ',
    ],
    ...['\0', '\xef\xbb\xbf', 'Sun ', 'UTC ', 'x', '1.2.3.4 - - [02/Mar/2025:00:00:00 +0000] "GET'],
  );

  it('end where the expressions for them do', () => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(fragment, { minLength: 1, maxLength: 12 }), (fragments) => {
        const text = `${fragments.join('')} a b`;
        const bytes = Buffer.from(`..${text}\n`, 'latin1');
        const match = grammar.map((one) => one.exec(text)).find((one) => one !== null);
        const end = behindPrefix(bytes, 2);
        if (end >= 0) found++;
        expect(end).toBe(match == null ? -1 : 2 + match[0].length);
      }),
      { numRuns: 20_000 },
    );
    expect(found).toBeGreaterThan(2000);
  });
});

describe('the text in an object', () => {
  it('is what JSON says, whatever stands around it', () => {
    const key = fc.constantFrom('log', 'message', 'MESSAGE', 'stream', 'a"b', 'time', '{', 'original');
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom('a\n', '"', '\\', '\u{1f600}', '\ud800', 'é\r\n', '}', '\n\n'),
      fc.integer(),
      fc.constant(null),
      fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }),
      fc.dictionary(key, fc.string({ maxLength: 5 }), { maxKeys: 3 }),
    );
    const objects = fc.dictionary(key, value, { maxKeys: 5, noNullPrototype: true });
    const expectedOf = (record: Record<string, unknown>): string | undefined => {
      const isText = (one: unknown): one is string => typeof one === 'string';
      const names = ['log', 'message', 'MESSAGE'];
      const own = Object.entries(record).find(([name, one]) => names.includes(name) && isText(one))?.[1];
      const inner = Object.entries(record).flatMap(([name, one]) =>
        Array.isArray(one)
          ? ['message', 'log', 'original'].includes(name)
            ? one.slice(0, 1)
            : []
          : typeof one === 'object' && one !== null
            ? Object.entries(one)
                .filter(([name]) => ['message', 'log', 'original'].includes(name))
                .map(([, text]) => text)
            : [],
      )[0];
      const text = (own ?? inner) as string | undefined;
      const trimmed = text?.replace(/\n+$/, '').replaceAll(/\p{Surrogate}/gu, '\ufffd');
      return trimmed === undefined || trimmed === '' || trimmed.includes('\n') ? undefined : trimmed;
    };
    const opened = new Unwrapper();
    let found = 0;
    fc.assert(
      fc.property(objects, fc.constantFrom(undefined, 1), (record, indent) => {
        const text = JSON.stringify(record, undefined, indent).replaceAll('\n', '');
        const bytes = Buffer.from(`..${text}\nnext`);
        opened.begin(bytes, 2, bytes.length - 4);
        const expected = expectedOf(record);
        expect(opened.open()).toBe(expected !== undefined);
        if (expected === undefined) return;
        found++;
        expect(Buffer.from(opened.bytes()).toString()).toBe(`${expected}\n`);
      }),
      { numRuns: 5000 },
    );
    expect(found).toBeGreaterThan(500);
  });

  it.each([
    '{"log":"a',
    '{"log":"a\\x"}',
    '{"log":"a\\u12"}',
    '{"log":"\\',
    '{"log":1}',
    '{',
    '{"log":"a\\nb"}',
    '{"log":""}',
  ])('is none in %s', (text) => {
    const opened = new Unwrapper();
    const bytes = Buffer.from(`${text}\n`);
    opened.begin(bytes, 0, bytes.length);
    expect(opened.open()).toBe(false);
  });

  it('is found through layers, but not through endless ones', () => {
    const opened = new Unwrapper();
    const wrapped = JSON.stringify({ log: JSON.stringify({ message: `nginx-1  | ${'x'.repeat(9000)}` }) });
    opened.begin(Buffer.from(`${wrapped}\n`), 0, wrapped.length + 1);
    while (opened.open());
    expect(Buffer.from(opened.bytes()).toString()).toBe(`${'x'.repeat(9000)}\n`);
    const endless = Buffer.from(`${'a | '.repeat(1000)}\n`);
    opened.begin(endless, 0, endless.length);
    while (opened.open());
    expect(opened.bytes().length).toBeGreaterThan(3900);
  });
});

describe('a last line without a line feed', () => {
  it('counts where JSON around it is closed, and where its backend is known', async () => {
    const wrapped = [line({ to: a }), line({ to: b })].map((text) => JSON.stringify({ log: `${text}\n` }));
    const whole = await readLog({ paths: [logFile(wrapped.join('\n'))] });
    expect(counts(whole)).toEqual({ [a]: [1, 0], [b]: [1, 0] });
    const cut = await readLog({ paths: [logFile(wrapped.join('\n').slice(0, -3))] });
    expect(counts(cut)).toEqual({ [a]: [1, 0] });
    const bare = [line({ to: a }), line({ to: a })].map((text) => `nginx-1  | ${text}`).join('\n');
    expect(counts(await readLog({ paths: [logFile(bare)] }))).toEqual({ [a]: [2, 0] });
  });
});
