import { describe, expect, it } from 'vitest';
import { UnreadableFile } from '../../../src/files/read-whole.js';
import { parseAbArguments } from '../../../src/scenario/ab/parse-arguments.js';
import { type AbPlanned, abPlan } from '../../../src/scenario/ab/plan.js';
import { pem as tlsFile } from '../../fixtures/tls.js';

/** Certificate and key in one file. */
const pem = tlsFile('client.pem') + tlsFile('client.key');
const body = new TextEncoder().encode('a=1&b=2');
const files: Readonly<Record<string, Uint8Array>> = {
  'post.txt': body,
  'me.pem': Buffer.from(pem),
};

function readFile(file: string): Uint8Array {
  const found = files[file];
  if (found !== undefined) return found;
  throw new UnreadableFile(file === '/etc' ? 'EISDIR' : 'ENOENT', 'it is not to be read');
}

function outcomeOf(...argv: string[]): AbPlanned {
  const invocation = parseAbArguments(argv, []);
  if (invocation.kind !== 'run') throw new Error(`expected a run, got ${JSON.stringify(invocation)}`);
  return abPlan(invocation.options, readFile, '1.2.3');
}

function plannedOf(...argv: string[]) {
  const planned = outcomeOf(...argv);
  if (planned.kind !== 'planned') throw new Error(`expected a plan, got ${planned.text}`);
  return planned;
}

function requestOf(...argv: string[]) {
  const [request] = plannedOf(...argv).plan.requests;
  if (request === undefined) throw new Error('expected a request');
  return request;
}

const url = 'http://127.0.0.1:18081/x?y=1';

describe("ab's request", () => {
  // The lists are what ab 2.3 wrote to a socket for the same flags, but for its name and Content-length.
  it.each<[string[], string, [string, string][]]>([
    [
      [url],
      'GET',
      [
        ['Host', '127.0.0.1:18081'],
        ['User-Agent', 'lbbench/1.2.3'],
        ['Accept', '*/*'],
      ],
    ],
    [
      [
        '-k',
        '-A',
        'u:p',
        '-P',
        'pu:pp',
        '-C',
        'b=2',
        '-H',
        'X-One: 1',
        '-H',
        'accept: text/html',
        '-p',
        'post.txt',
        '-T',
        'application/json',
        url,
      ],
      'POST',
      [
        ['Connection', 'Keep-Alive'],
        ['Cookie', 'b=2'],
        ['Authorization', 'Basic dTpw'],
        ['Proxy-Authorization', 'Basic cHU6cHA='],
        ['Content-type', 'application/json'],
        ['X-One', '1'],
        ['accept', 'text/html'],
        ['Host', '127.0.0.1:18081'],
        ['User-Agent', 'lbbench/1.2.3'],
      ],
    ],
    [
      ['-H', 'Host: foo:99', '-H', 'user-agent:zz', '-i', url],
      'HEAD',
      [
        ['Host', 'foo:99'],
        ['user-agent', 'zz'],
        ['Accept', '*/*'],
      ],
    ],
    [
      ['-m', 'DELETE', url],
      'DELETE',
      [
        ['Host', '127.0.0.1:18081'],
        ['User-Agent', 'lbbench/1.2.3'],
        ['Accept', '*/*'],
      ],
    ],
  ])('has its headers in its order: %j', (argv, method, headers) => {
    const request = requestOf(...argv);
    expect(request.method).toBe(method);
    expect(request.path).toBe('/x?y=1');
    expect(request.headers).toEqual(headers);
  });

  it('sends all cookies in one header, where ab sends the last -C', () => {
    expect(requestOf('-C', 'a=1', '-C', 'b=2', url).headers[0]).toEqual(['Cookie', 'a=1; b=2']);
  });

  it('sends a Content-Type of the user once, where ab adds its own', () => {
    const { headers } = requestOf('-p', 'post.txt', '-H', 'Content-Type: text/csv', url);
    expect(headers.filter(([name]) => /content-type/i.test(name))).toEqual([['Content-Type', 'text/csv']]);
  });

  it('carries the bytes of the file', () => {
    expect(requestOf('-p', 'post.txt', url).body).toEqual({ kind: 'bytes', bytes: body });
    expect(requestOf('-u', 'post.txt', '-m', 'PATCH', url)).toMatchObject({
      method: 'PATCH',
      body: { bytes: body },
    });
    expect(requestOf(url).body).toBeUndefined();
  });
});

describe("ab's load", () => {
  it('is a closed model over HTTP/1.0', () => {
    expect(
      plannedOf('-kc', '5', '-n', '70', '-s', '3', '-B', '127.0.0.2', '--threads', '2', url).plan,
    ).toMatchObject({
      engine: 'native',
      threads: 2,
      load: {
        model: 'closed',
        requests: 70,
        durationMs: undefined,
        concurrency: 5,
        keepAlive: true,
        httpVersion: '1.0',
        timeoutMs: 3000,
        sourceAddresses: ['127.0.0.2'],
      },
      attribution: { by: 'header', name: 'x-upstream' },
    });
  });

  it('ends at the time or at 50,000 requests', () => {
    expect(plannedOf('-t', '2', url).plan.load).toMatchObject({ requests: 50_000, durationMs: 2000 });
  });
});

describe('where it connects to', () => {
  it('is the host of the URL', () => {
    expect(plannedOf(url).plan.target).toEqual({
      url: 'http://127.0.0.1:18081',
      tls: undefined,
      host: '127.0.0.1',
      port: 18081,
      socketPath: undefined,
      authority: '127.0.0.1:18081',
      pathPrefix: '',
    });
  });

  it('is the proxy with -X, which gets the whole URL', () => {
    expect(plannedOf('-X', '127.0.0.1:3128', 'http://example.org:81/p').plan.target).toMatchObject({
      host: '127.0.0.1',
      port: 3128,
      authority: 'example.org:81',
      pathPrefix: 'http://example.org:81',
    });
  });

  it('leaves credentials of the URL out of what is shown', () => {
    const { plan } = plannedOf('http://user:secret@host/p');
    expect(plan.target?.url).toBe('http://host');
    expect(plan.name + JSON.stringify(plan.target)).not.toContain('secret');
  });
});

describe('TLS', () => {
  it('is not checked, and a note says so', () => {
    const { plan, notes } = plannedOf('https://localhost:8443/');
    expect(plan.target?.tls).toMatchObject({ verify: false, serverName: 'localhost' });
    expect(notes).toEqual(["the server's certificate is not checked, as with ab; --verify-tls checks it"]);
    expect(plannedOf('--verify-tls', 'https://localhost/')).toMatchObject({
      notes: [],
      plan: { target: { tls: { verify: true } } },
    });
    expect(plannedOf(url).notes).toEqual([]);
  });

  it.each<[string[], string | undefined]>([
    [['https://localhost/'], 'localhost'],
    [['https://127.0.0.1/'], undefined],
    [['https://[::1]/'], undefined],
    [['-I', 'https://localhost/'], undefined],
    [['-H', 'Host: foo.example:9', 'https://127.0.0.1/'], 'foo.example'],
  ])('names the server: %j', (argv, serverName) => {
    expect(plannedOf(...argv).plan.target?.tls?.serverName).toBe(serverName);
  });

  it('takes protocol, ciphers, certificate and key', () => {
    expect(
      plannedOf('-f', 'TLS1.2', '-Z', 'AES128', '-E', 'me.pem', 'https://h/').plan.target?.tls,
    ).toMatchObject({
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      ciphers: 'AES128',
      cert: pem,
      key: pem,
    });
  });

  it('refuses a certificate file that OpenSSL could not use', () => {
    expect(outcomeOf('-E', 'post.txt', 'https://h/')).toEqual({
      kind: 'refused',
      text: 'lbbench ab: -E: "post.txt": expected a certificate that OpenSSL can read, got none (no BEGIN CERTIFICATE)\n',
    });
  });
});

describe('files that cannot be read', () => {
  it.each<[string[], string]>([
    // ab 2.3: "ab: Could not open POST data file (/nonexist): No such file or directory"
    [['-p', '/nonexist', url], 'Could not open POST data file (/nonexist): No such file or directory'],
    [['-p', '/etc', url], 'Could not read POST data file: Is a directory'],
    [
      ['-E', '/nonexist', 'https://h/'],
      '-E: could not read the certificate "/nonexist": No such file or directory',
    ],
  ])('%j', (argv, text) => {
    expect(outcomeOf(...argv)).toEqual({ kind: 'refused', text: `lbbench ab: ${text}\n` });
  });
});
