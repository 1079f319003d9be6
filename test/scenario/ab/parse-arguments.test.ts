import { describe, expect, it } from 'vitest';
import type { AbOptions } from '../../../src/scenario/ab/options.js';
import { parseAbArguments } from '../../../src/scenario/ab/parse-arguments.js';

const url = 'http://127.0.0.1:8080/';

function optionsOf(...argv: string[]): AbOptions {
  const invocation = parseAbArguments(argv, ['json', 'csv']);
  if (invocation.kind !== 'run') throw new Error(`expected a run, got ${JSON.stringify(invocation)}`);
  return invocation.options;
}

function refusalOf(...argv: string[]): string {
  const invocation = parseAbArguments(argv, ['json', 'csv']);
  if (invocation.kind !== 'refused') throw new Error(`expected a refusal, got ${invocation.kind}`);
  return invocation.text;
}

describe("getopt's rules", () => {
  it.each<[string, string[]]>([
    ['apart', ['-k', '-c', '10', '-n', '100', url]],
    ['joined', ['-c10', '-n100', '-k', url]],
    ['clustered', ['-kc', '10', '-rn100', url]],
    ['with -- before the URL', ['-k', '-c', '10', '-n', '100', '--', url]],
    ['after the URL, beyond getopt', [url, '-k', '-c', '10', '-n', '100']],
  ])('takes flags %s', (_, argv) => {
    expect(optionsOf(...argv)).toMatchObject({ keepAlive: true, concurrency: 10, requests: 100 });
  });

  it('takes a value that starts with a dash', () => {
    expect(optionsOf('-T', '-k', url)).toMatchObject({ contentType: '-k', keepAlive: false });
  });

  it('takes a URL that starts with a dash after -- only', () => {
    expect(optionsOf('--', '-k.example/')).toMatchObject({ keepAlive: false, url: { host: '-k.example' } });
  });
});

describe('the defaults', () => {
  it("are ab's", () => {
    expect(optionsOf(url)).toMatchObject({
      requests: 1,
      concurrency: 1,
      timeLimitSec: undefined,
      timeoutSec: 30,
      method: 'GET',
      contentType: 'text/plain',
      keepAlive: false,
      tls: { verify: false, serverName: true },
      threads: 1,
      attributionHeader: 'x-upstream',
      color: true,
      quiet: false,
      exports: {},
      notes: [],
      display: { percentages: true, estimators: true, html: undefined, progressEvery: undefined },
    });
  });
});

// ab's own words where it has some (2.3 of apache2-utils 2.4.71), and what to do in place of its usage.
describe("ab's own words", () => {
  const seeHelp = 'lbbench ab -h lists the flags';
  const tooConcurrent = 'Cannot use concurrency level greater than total number of requests';
  const mix = 'keep one of -p, -u and -i; -m behind it changes the method';

  it.each<[string[], string]>([
    [[], `wrong number of arguments: expected one URL, got none; ${seeHelp}`],
    [['--'], `wrong number of arguments: expected one URL, got none; ${seeHelp}`],
    [['-', url], `wrong number of arguments: expected one URL, got 2; ${seeHelp}`],
    [[url, url], `wrong number of arguments: expected one URL, got 2; ${seeHelp}`],
    [['-n5'], `wrong number of arguments: expected one URL, got none; ${seeHelp}`],
    ...['0', 'abc', '-5'].map((text): [string[], string] => [
      ['-n', text, url],
      `Invalid number of requests "${text}"; write a whole number of at least 1, such as -n 1000 or -n 10k`,
    ]),
    [['-c', '20', url], `${tooConcurrent}; write -n 20 or more, or a lower -c`],
    [['-c', '20000', '-n', '3', url], `${tooConcurrent}; write -n 20000 or more, or a lower -c`],
    [['http://127.0.0.1'], 'invalid URL: expected a path, got "http://127.0.0.1"; write http://127.0.0.1/'],
    [['u:secret@host'], 'invalid URL: expected a path, got "http://host"; write http://host/'],
    [['http://127.0.0.1:99999/'], 'invalid URL: expected a port from 1 to 65535, got 99999'],
    [
      ['http://:9/'],
      expect.stringMatching(/^invalid URL: expected the URL of a balancer, got "http:\/\/:9\/"; write /),
    ],
    [['-i', '-p', 'f', url], `Cannot mix POST with other methods; ${mix}`],
    [['-p', 'f', '-i', url], `Cannot mix HEAD with other methods; ${mix}`],
    [['-u', 'f', '-p', 'f', url], `Cannot mix POST with other methods; ${mix}`],
    [['-p', 'f', '-u', 'f', url], `Cannot mix PUT with other methods; ${mix}`],
    [['-m', 'PATCH', '-p', 'f', url], `Cannot mix POST with other methods; ${mix}`],
    [['-n'], `option requires an argument -- n; ${seeHelp}`],
    [['-kn'], `option requires an argument -- n; ${seeHelp}`],
    [['--threads'], `option requires an argument -- -threads; ${seeHelp}`],
    [['-Q', url], `illegal option -- Q; ${seeHelp}`],
    [['--foo', url], `illegal option -- -foo; ${seeHelp}`],
    [['--tresholds', 'x', url], `illegal option -- -tresholds; did you mean --threshold? ${seeHelp}`],
  ])('refuse %j in one line', (argv, text) => {
    const [line, ...others] = refusalOf(...argv).split('\n');
    expect(others).toEqual(['']);
    expect(line?.replace('lbbench ab: ', '')).toEqual(text);
    expect(line).not.toContain('secret');
  });

  it('stop at the first fault from the left, as the URL is looked at last', () => {
    expect(refusalOf('-n', '0', '-c', '-1', 'nowhere')).toContain('Invalid number of requests');
    expect(refusalOf('-c', '5', 'nowhere')).toContain('invalid URL');
  });
});

describe('where ab goes wrong in silence', () => {
  it('refuses an unknown flag, which ab complains about and then runs', () => {
    for (const flag of ['-Q', '--foo', '--quiet=yes', '--constructor', '--n', '--h'])
      expect(refusalOf(flag, url)).toContain(`illegal option -- ${flag.slice(1)};`);
  });

  it('sends no control characters of a flag to the terminal', () => {
    expect(refusalOf('--\u001b[2J', url)).toContain('illegal option -- -?[2J;');
  });

  it('refuses numbers with letters behind them, of which ab takes the digits', () => {
    expect(refusalOf('-n', '1e3', url)).toContain('Invalid number of requests "1e3"');
    expect(refusalOf('-c', '1x', url)).toContain('Invalid Concurrency [Range 1..200000], got "1x"');
  });

  it('refuses a concurrency of 0, on which ab dies after its banner', () => {
    expect(refusalOf('-c', '0', url)).toContain('Invalid Concurrency [Range 1..200000], got "0"');
    expect(refusalOf('-c', '200001', '-n', '300000', url)).toContain('Invalid Concurrency');
  });

  it.each<[string[], string]>([
    [['-s', '0', url], '-s: expected whole seconds from 1 to 2000000, got "0"'],
    [['-t', '-1', url], '-t: expected whole seconds from 0 to 2000000, got "-1"'],
    [['-b', 'big', url], '-b: expected a whole number, got "big"'],
    [['-f', 'SSL3', url], '-f: expected TLS1, TLS1.1, TLS1.2, TLS1.3 or ALL, got "SSL3"'],
    [['-m', 'GET /x', url], '-m: expected an HTTP method such as GET or POST, got "GET /x"'],
    [['-X', 'user:secret@proxy', url], '-X: expected the proxy as host[:port]'],
    [['-H', 'no colon', url], '-H: expected "Name: value", got a line without a colon'],
    [['-H', 'A: b\r\nC: d', url], '-H: expected a header value without control characters, got U+000D'],
    [['-C', 'a=b\nX: y', url], '-C: expected a header value without control characters, got U+000A'],
    [['--threads', '0', url], '--threads: expected a whole number from 1 to 256'],
    [['--upstream', 'a', url], '--upstream: expected a configuration beside it: --conf FILE'],
    [['--expect', 'a=1', '--conf', 'f', url], '--expect: expected one of --expect and --conf, got both'],
    [
      ['--expect', 'a', url],
      '--expect: expected ADDRESS=WEIGHT, got "a"; write addresses as nginx logs them: 127.0.0.1:8001=3,127.0.0.1:8002=1',
    ],
    [
      ['--threshold', 'skew', url],
      '--threshold: expected <, <=, > or >=, got the end of the rule; write for example skew < 5%',
    ],
  ])('refuses %j', (argv, text) => {
    expect(refusalOf(...argv)).toBe(`lbbench ab: ${text}\n`);
  });

  it('never shows a password that stands in the URL', () => {
    expect(refusalOf('http://user:secret@host:0/')).not.toContain('secret');
  });
});

describe('single flags', () => {
  it.each<[string[], unknown]>([
    [['-t', '5'], { timeLimitSec: 5, requests: 50_000 }],
    [['-t', '60s'], { timeLimitSec: 60 }],
    [['-t', '1m30s'], { timeLimitSec: 90 }],
    [['-n', '10k', '-c', '0.1k'], { requests: 10_000, concurrency: 100 }],
    [['-t', '5', '-n', '70'], { timeLimitSec: 5, requests: 70 }],
    [['-n', '70', '-t', '5'], { timeLimitSec: 5, requests: 50_000 }],
    [['-t', '0'], { timeLimitSec: undefined, requests: 50_000 }],
    [['-s', '7'], { timeoutSec: 7 }],
    [['-i'], { method: 'HEAD' }],
    [
      ['-p', 'post.txt', '-T', 'application/json'],
      { method: 'POST', bodyFile: 'post.txt', contentType: 'application/json' },
    ],
    [['-u', 'put.txt'], { method: 'PUT', bodyFile: 'put.txt' }],
    [['-p', 'post.txt', '-m', 'PATCH'], { method: 'PATCH', bodyFile: 'post.txt' }],
    [['-C', 'a=1', '-C', 'b=2'], { cookies: ['a=1', 'b=2'] }],
    [
      ['-H', 'X-One: 1', '-H', 'x-two:2 '],
      {
        headers: [
          ['X-One', '1'],
          ['x-two', '2'],
        ],
      },
    ],
    [['-A', '  u:p', '-P', 'v:q'], { credentials: 'u:p', proxyCredentials: 'v:q' }],
    [['-X', 'proxy.example:3128'], { proxy: { host: 'proxy.example', port: 3128 } }],
    [['-X', '[::1]'], { proxy: { host: '::1', port: 80 } }],
    [['-B', '127.0.0.1,127.0.1.1'], { sourceAddresses: ['127.0.0.1', '127.0.1.1'] }],
    [['-B', '127.0.{1..3}.1'], { sourceAddresses: ['127.0.1.1', '127.0.2.1', '127.0.3.1'] }],
    [['-f', 'tls1.3'], { tls: { version: 'TLSv1.3' } }],
    [['-f', 'TLS1'], { tls: { version: 'TLSv1' } }],
    [['-f', 'ALL'], { tls: { version: undefined } }],
    [
      ['-I', '-Z', 'AES', '-E', 'me.pem', '--verify-tls'],
      { tls: { serverName: false, ciphers: 'AES', certificateFile: 'me.pem', verify: true } },
    ],
    [['-g', 'a.tsv', '-e', 'b.csv'], { gnuplotFile: 'a.tsv', csvFile: 'b.csv' }],
    [
      ['-dSlk', '--ab-compat'],
      {
        display: {
          percentages: false,
          estimators: false,
          variableLength: true,
          keepAlive: true,
          compat: true,
        },
      },
    ],
    [['-w'], { display: { html: { table: '', row: '', cell: 'bgcolor=white' } } }],
    [
      ['-x', 'border=1', '-y', 'r', '-z', 'c'],
      { display: { html: { table: 'border=1', row: 'r', cell: 'c' } } },
    ],
    [['-n', '150'], { display: { progressEvery: undefined } }],
    [['-n', '151'], { display: { progressEvery: 100 } }],
    [['-n', '1234'], { display: { progressEvery: 123 } }],
    [['-qn', '1234'], { display: { progressEvery: undefined } }],
    [['--quiet', '-n', '1234'], { quiet: true, display: { progressEvery: undefined } }],
    [['--export-json', 'r.json', '--export-csv=-'], { exports: { json: 'r.json', csv: '-' } }],
    [
      ['--samples', 's', '--reports', 'd', '--threads', '2', '--no-color'],
      { samplesFile: 's', reportsDir: 'd', threads: 2, color: false },
    ],
    [['--attribution-header', 'X-Backend'], { attributionHeader: 'x-backend' }],
    [['--log', 'access.log', '--log-format', '$status'], { logFile: 'access.log', logFormat: '$status' }],
    [
      ['--expect', '127.0.0.1:01=3,b=1', '--threshold', 'skew < 5%', '--threshold=p99 < 1s'],
      {
        expected: [
          { address: '127.0.0.1:1', weight: 3 },
          { address: 'b', weight: 1 },
        ],
        rules: [{ text: 'skew < 5%' }, { text: 'p99 < 1s' }],
      },
    ],
    [['--conf', 'nginx.conf', '--upstream', 'backend'], { confFile: 'nginx.conf', upstream: 'backend' }],
    [['-r'], { notes: [] }],
  ])('%j', (argv, expected) => {
    expect(optionsOf(...argv, url)).toMatchObject(expected as object);
  });

  it('says once what has no effect', () => {
    expect(optionsOf('-v', '2', '-b', '4096', '-v4', url).notes).toEqual([
      '-v has no effect: lbbench does not print single requests, see --samples',
      '-b has no effect: the size of the socket buffers is left to the system',
    ]);
  });
});

describe('the URL', () => {
  it.each<[string, unknown]>([
    ['http://host/', { scheme: 'http', host: 'host', port: 80, authority: 'host', path: '/' }],
    ['host:81/a?b=c', { scheme: 'http', host: 'host', port: 81, authority: 'host:81', path: '/a?b=c' }],
    ['https://host/x', { scheme: 'https', port: 443, authority: 'host' }],
    ['https://host:80/x', { scheme: 'https', port: 80, authority: 'host:80' }],
    ['http://[::1]:9/', { host: '::1', port: 9, authority: '[::1]:9' }],
  ])('%s', (text, expected) => {
    expect(optionsOf(text).url).toMatchObject(expected as object);
  });

  it('may carry credentials, which -A overrides', () => {
    expect(optionsOf('http://u:p@host/').credentials).toBe('u:p');
    expect(optionsOf('-A', 'v:q', 'http://u:p@host/').credentials).toBe('v:q');
  });
});

describe('-h and -V', () => {
  it('answer before the URL is looked at', () => {
    const help = parseAbArguments(['-h'], ['json', 'csv']);
    expect(parseAbArguments(['--help'], ['json', 'csv'])).toEqual(help);
    expect(help).toMatchObject({ kind: 'help' });
    const lines = ('text' in help ? help.text : '').split('\n');
    expect(lines).toContain('    -t timelimit    Seconds to max. to spend on benchmarking');
    expect(lines).toContain('                    This implies -n 50000');
    expect(lines.filter((line) => /^ {4}-\w/.test(line))).toHaveLength(35);
    expect(lines.filter((line) => /^ {4}--/.test(line)).map((line) => line.trim().split(' ')[0])).toEqual(
      expect.arrayContaining([
        '--export-json',
        '--export-csv',
        '--expect',
        '--conf',
        '--threshold',
        '--quiet',
      ]),
    );
    expect(parseAbArguments(['-V'], ['json', 'csv'])).toEqual({ kind: 'version', html: false });
    expect(parseAbArguments(['-wV'], ['json', 'csv'])).toEqual({ kind: 'version', html: true });
  });

  it('are not reached behind a fault', () => {
    expect(refusalOf('-n', '0', '-h')).toContain('Invalid number of requests');
  });
});
