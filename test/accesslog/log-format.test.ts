import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseFormats } from '../../src/accesslog/choose-format.js';
import { configFormats, formatNamed } from '../../src/accesslog/dialect/nginx/config-formats.js';
import { unescapeValue } from '../../src/accesslog/dialect/nginx/escape.js';
import { nameFields } from '../../src/accesslog/dialect/nginx/field-names.js';
import { recogniseFormats } from '../../src/accesslog/dialect/recognise.js';
import { inspectFile } from '../../src/accesslog/source/log-file.js';
import { Streams } from '../../src/accesslog/source/streams.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { knownFormats } from '../../src/nginx/known-log-formats.js';
import { compileLogFormat, escapeModes, type LogFormat } from '../../src/nginx/log-format.js';
import { readConfiguration } from '../../src/run/simulate/read-pool.js';
import { line, lines, logFile } from './log-lines.js';
import { nginxEscape } from './nginx-escape.js';

describe('compileLogFormat', () => {
  it('takes a text apart into literals and variables in turn', () => {
    const parted = compileLogFormat(`[$Status]$\{request_uri}x`);
    if (!parted.ok) throw new Error(parted.message);
    expect(parted.value.variables).toEqual(['status', 'request_uri']);
    expect(parted.value.literals.map((literal) => Buffer.from(literal).toString())).toEqual(['[', ']', 'x']);
  });

  it.each([
    ['$status$body_bytes_sent', /between "\$status" and "\$body_bytes_sent", got nothing/],
    [`$\{host}$request_uri to: $upstream_addr`, /between "\$host" and "\$request_uri"/],
    ['no variables', /expected a log_format with variables, got "no variables"/],
    ['', /expected a log_format with variables/],
    ['a $ b', /expected a variable name after "\$"/],
  ])('refuses %s', (text, message) => {
    const format = compileLogFormat(text);
    expect(format).toMatchObject({ ok: false, message: expect.stringMatching(message) });
  });
});

describe('unescapeValue', () => {
  it.each(escapeModes)('undoes escape=%s for any bytes', (mode) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (value) => {
        expect([...unescapeValue(nginxEscape(value, mode), mode)]).toEqual([...value]);
      }),
    );
  });

  it('keeps backslashes that nginx cannot have written', () => {
    const read = (text: string, mode: 'default' | 'json') =>
      Buffer.from(unescapeValue(Buffer.from(text), mode)).toString();
    expect(read('\\q \\x4 \\xZZ \\', 'default')).toBe('\\q \\x4 \\xZZ \\');
    expect(read('\\q \\u0041 \\u00', 'json')).toBe('\\q \\u0041 \\u00');
  });
});

describe('recogniseFormats', () => {
  const recognised = (text: string) => recogniseFormats(Buffer.from(text))[0];

  it('tells the known formats apart, although their lines begin alike', () => {
    const [combined = '', main = ''] = [line().split(' "-" to:')[0], line().split(' to:')[0]];
    expect(recognised(`${combined}\n`)).toBe(knownFormats.combined);
    expect(recognised(`${main}\n`)).toBe(knownFormats.main);
    expect(recognised(lines(3))).toBe(knownFormats.to);
    expect(recognised(`127.0.0.1:48878 / - - ${line().slice('127.0.0.1 - - '.length)}\n`)).toBe(
      knownFormats['port-and-to'],
    );
  });

  it('finds a known format among any nonsense, and makes none after what few lines have', () => {
    expect(recognised(`${'nonsense\n'.repeat(50)}${lines(2)}`)).toBe(knownFormats.to);
    expect(
      recognised(`${'nonsense\n'.repeat(50)}{"status":200,"upstream_addr":"127.0.0.1:1"}\n`),
    ).toBeDefined();
    expect(recognised(`${'nonsense\n'.repeat(5)}a\tb\t200\tGET / HTTP/1.1\n`)).toBeUndefined();
    expect(recognised('')).toBeUndefined();
  });

  it('finds all formats that a log has had, the one of most lines first', () => {
    const combined = `${line().split(' "-" to:')[0]}\n`;
    const json = '{"status":200,"upstream_addr":"127.0.0.1:1"}\n';
    const formats = recogniseFormats(Buffer.from(combined.repeat(100) + json.repeat(200) + lines(700)));
    expect(formats.map(({ text }) => text)).toEqual([
      knownFormats.to?.text,
      '{"status":"$status","upstream_addr":"$upstream_addr"}',
      knownFormats.combined?.text,
    ]);
  });

  it('names JSON fields by their keys, by what only they can hold, and leaves the others alone', () => {
    const record = (to: string) =>
      `{"time":"2026-11-22T10:04:07+00:00","service":"web","remote_addr":"10.0.0.1","nested":{"code":200},"b":12,"line":"GET /a HTTP/1.1","somewhere":"${to}","rt":0.010}\n`;
    const format = recognised(record('10.0.0.5:80') + record('10.0.0.6:80, 10.0.0.5:80'));
    expect(format?.escape).toBe('json');
    expect(format?.variables).toEqual([
      'time_iso8601',
      'unknown_2',
      'remote_addr',
      'status',
      'body_bytes_sent',
      'request',
      'upstream_addr',
      'request_time',
    ]);
    // One address on every line may be the server's own.
    expect(recognised(record('10.0.0.5:80').repeat(3))?.variables).not.toContain('upstream_addr');
  });

  it.each([
    [{ upstream: 'pool', upstream_addr: '127.0.0.1:1' }, [undefined, 'upstream_addr']],
    [{ upstream_addr: '127.0.0.1:1', upstream: '127.0.0.1:2' }, ['upstream_addr', undefined]],
    [{ backend: 'pool' }, [undefined]],
    [{ backend: '127.0.0.1:1, pool' }, ['upstream_addr']],
    [{ upstream_addr: 'pool' }, ['upstream_addr']],
    [{ code: '404', status: '200' }, [undefined, 'status']],
    [{ time: '2026-11-22T10:04:07+00:00', msec: '1795341847.123' }, ['time_iso8601', 'msec']],
    [{ path: 'GET / HTTP/1.1', url: '/' }, ['request', 'request_uri']],
  ])('names the fields of %j', (record, names) => {
    const fields = Object.entries(record).map(([key, value]) => ({ key, values: [value] }));
    expect(nameFields(fields)).toEqual(names);
  });

  const [a, b] = ['127.0.0.1:8001', '127.0.0.1:8002'];
  it.each([
    [
      'pool names beside addresses',
      [
        [a, 'pool', b, a, b, a, b],
        ['200', '502', '200', '200', '200', '200', '200'],
        ['0.010', '0.000', '0.010', '0.010', '0.010', '0.010', '0.010'],
      ],
      ['upstream_addr', 'status', undefined],
    ],
    [
      'two columns of statuses, with lists in one',
      [
        ['200', '502'],
        ['502, 200', '502'],
        [`${a}, ${b}`, a],
      ],
      ['status', 'upstream_status', 'upstream_addr'],
    ],
    [
      'a single backend, and statuses that tell when it was asked',
      [
        [a, '-', a],
        ['200', '-', '404'],
        ['200', '301', '404'],
      ],
      ['upstream_addr', 'upstream_status', 'status'],
    ],
    [
      'a single backend beside the port of the server',
      [
        ['10.0.0.1:80', '10.0.0.1:80'],
        [a, `${a}, pool`],
        ['200', '502, 502'],
        ['200', '502'],
      ],
      [undefined, 'upstream_addr', 'upstream_status', 'status'],
    ],
    [
      'one address on every line',
      [
        [a, a],
        ['200', '404'],
      ],
      [undefined, 'status'],
    ],
    [
      'hosts, of which some are addresses',
      [
        ['a.org', 'b.org', a, b],
        ['200', '200', '200', '404'],
      ],
      [undefined, 'status'],
    ],
    [
      'two columns of statuses that are alike',
      [
        ['200', '404'],
        ['200', '404'],
        ['0.001', '0.002'],
        [a, `${a}, ${b}`],
      ],
      [undefined, undefined, undefined, 'upstream_addr'],
    ],
    [
      'a few addresses that come again, beside a status and a time',
      [
        [a, b, a, b, b, a],
        ['200', '200', '200', '404', '200', '200'],
        ['0.010', '0.020', '0.030', '0.040', '0.050', '0.060'],
      ],
      ['upstream_addr', 'status', undefined],
    ],
    [
      'a few addresses without any time',
      [
        [a, b, a, b, b, a],
        ['200', '200', '200', '404', '200', '200'],
      ],
      [undefined, 'status'],
    ],
    [
      'addresses that hardly come twice',
      [
        ['192.0.2.1:1024', '192.0.2.2:1025', '192.0.2.3:1026', '192.0.2.1:1024'],
        ['200', '200', '200', '404'],
        ['0.010', '0.020', '0.030', '0.040'],
      ],
      [undefined, 'status', undefined],
    ],
    [
      'few clients that keep their connections',
      [
        ['192.0.2.1:40000', '192.0.2.2:51234', '192.0.2.1:40000', '192.0.2.2:51234'].flatMap((one) => [
          one,
          one,
        ]),
        Array.from({ length: 8 }, () => '200'),
        Array.from({ length: 8 }, () => '0.010'),
      ],
      [undefined, 'status', undefined],
    ],
    [
      'numbers of other kinds',
      [
        ['200', '7'],
        ['-', '-'],
        [a, b],
      ],
      [undefined, undefined, undefined],
    ],
  ] as const)('names columns without labels: %s', (_, columns, names) => {
    expect(nameFields(columns.map((values) => ({ key: undefined, values })))).toEqual(names);
  });

  it('reads tab-separated columns with labels, and those without as far as it is certain', () => {
    const labelled =
      'time:22/Nov/2026:10:04:04 +0000\thost:10.0.0.1\tstatus:200\tua:curl\tupstream_addr:-\tapptime:-\n';
    expect(recognised(labelled)?.variables).toEqual([
      'time_local',
      'host',
      'status',
      'http_user_agent',
      'upstream_addr',
      'upstream_response_time',
    ]);
    const bare = (to: string) => `2026-11-22T10:04:07+00:00\tGET / HTTP/1.1\t200\t0.017\t${to}\n`;
    expect(recognised(bare('10.0.0.5:80') + bare('unix:/run/a.sock'))?.variables).toEqual([
      'time_iso8601',
      'request',
      'status',
      'unknown_4',
      'upstream_addr',
    ]);
    // Two columns that look like statuses: which one is it?
    expect(recognised('a\t200\t404\tGET / HTTP/1.1\n')?.variables).not.toContain('status');
  });
});

describe('the text of a format', () => {
  const chosen = async (text: string) =>
    (await chooseFormats({ text }, [], new Streams())).seen[0] as LogFormat;
  it('means what it means in a configuration', async () => {
    const { literals, variables } = await chosen('$status\\t"$uri\\"\\\\t');
    expect(literals.map((literal) => Buffer.from(literal).toString())).toEqual(['', '\t"', '"\\t']);
    expect(variables).toEqual(['status', 'uri']);
    const directives = parseConfig(`log_format f '$status\\t"$uri\\"\\\\t';`);
    if (!directives.ok) throw new Error('the configuration is wrong');
    expect(configFormats(directives.value).formats.get('f')?.literals).toEqual(literals);
  });

  it.each([
    [`log_format x '$remote_addr "$request" ' '$upstream_addr';`],
    [`  log_format   main\n  '$remote_addr "$request" '\n  '$upstream_addr';\n`],
    [`log_format x escape=default '$remote_addr "$request" $upstream_addr'`],
    [`'$remote_addr "$request" '\n 'to_be' '$upstream_addr'`.replace("'to_be' ", '')],
    ['$remote_addr "$request" $upstream_addr'],
  ])('may be pasted as the directive that it stands in: %s', async (text) => {
    expect(await chosen(text)).toMatchObject({
      text: '$remote_addr "$request" $upstream_addr',
      escape: 'default',
      variables: ['remote_addr', 'request', 'upstream_addr'],
    });
  });

  it('takes the escaping that a pasted directive names', async () => {
    const text = `log_format j escape=json '{"st":$status,'\n '"up":"$upstream_addr"}';`;
    expect(await chosen(text)).toMatchObject({
      text: '{"st":$status,"up":"$upstream_addr"}',
      escape: 'json',
    });
  });

  it.each([
    ["log_format x '$status", /expected a closing '/],
    [
      "log_format x escape=xml '$status';",
      /expected escape=default, escape=json or escape=none, got "escape=xml"/,
    ],
    ["log_format x '$status'; log_format y '$uri';", /expected one log_format/],
    ["log_format x '$status' { }", /expected/],
    ['log_format x ', /expected a log_format with variables/],
  ])('says what is wrong with %s', async (text, message) => {
    await expect(chosen(text)).rejects.toThrow(message);
  });

  it('is not read twice', async () => {
    const format = await chosen('$status \\\\t $uri');
    const { seen } = await chooseFormats({ chosen: format }, [], new Streams());
    expect(seen[0]).toBe(format);
  });
});

describe('a configuration', () => {
  const conf = `
    http {
      log_format main escape=json '{"st":$status,'
                                  '"up":"$upstream_addr"}';
      log_format broken '$status$status';
      log_format odd escape=xml '$status';
      access_log /var/log/nginx/access.log main buffer=32k;
      server { access_log /var/log/nginx/plain.log; access_log off; }
    }`;
  const parsed = parseConfig(conf);
  if (!parsed.ok) throw new Error('the configuration is wrong');
  const formats = configFormats(parsed.value);

  it('gives its formats by name, their strings joined', () => {
    const format = formatNamed(formats, 'main');
    expect(format).toMatchObject({
      ok: true,
      value: {
        text: '{"st":$status,"up":"$upstream_addr"}',
        escape: 'json',
        variables: ['status', 'upstream_addr'],
      },
    });
    expect(formatNamed(formats, 'combined')).toEqual({ ok: true, value: knownFormats.combined });
    expect(Object.fromEntries(formats.formatNamesOf)).toEqual({
      '/var/log/nginx/access.log': new Set(['main']),
      '/var/log/nginx/plain.log': new Set(['combined']),
    });
  });

  it.each([
    ['broken', /got nothing/],
    ['odd', /expected escape=default, escape=json or escape=none, got "escape=xml"/],
    ['none', /expected the name of a log_format in the configuration, got "none"/],
  ])('says what is wrong with the format %s', (name, message) => {
    expect(formatNamed(formats, name)).toMatchObject({
      ok: false,
      faults: [{ message: expect.stringMatching(message) }],
    });
  });

  it('tells the format of a log by its path, by name, or by the format that its lines match', async () => {
    const log = logFile('{"st":200,"up":"127.0.0.1:1"}\n');
    const path = logFile(conf.replace('/var/log/nginx/access.log', log), 'nginx.conf');
    const other = logFile(`${line()}\n`);
    const chosen = async (file: string, logName?: string) =>
      (await chooseFormats({ config: readConfiguration(path), logName }, [inspectFile(file)], new Streams()))
        .seen[0]?.text;
    expect(await chosen(log)).toBe('{"st":$status,"up":"$upstream_addr"}');
    expect(await chosen(other)).toBe(knownFormats.to?.text);
    expect(await chosen(other, 'main')).toBe('{"st":$status,"up":"$upstream_addr"}');
    await expect(chosen(other, 'nobody')).rejects.toThrow(/got "nobody"/);
  });
});
