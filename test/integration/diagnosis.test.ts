import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { directive } from '../../src/nginx/config/directive.js';
import { Workplace } from '../e2e/lbbench.js';
import { freePorts } from '../lab/free-port.js';
import { BareNginx } from './bare-nginx.js';
import { describeWithNginx } from './real-nginx.js';

const tlsFile = (name: string) => join(import.meta.dirname, '../fixtures/tls', name);

let workplace: Workplace;
let nginx: BareNginx;
beforeEach(() => {
  workplace = new Workplace();
  nginx = new BareNginx();
});
afterEach(() => {
  workplace.remove();
  nginx.remove();
});

/** What nobody wants to read: words of OpenSSL and Node. */
const foreign = /SSL routines|error:[0-9A-F]{8}|\bE[A-Z]{5,}\b|deps\/openssl|node:/;

/** An nginx with a plain port, whose `/own` asks no backend, and one with TLS. */
async function serving<T>(use: (plain: number, tls: number) => Promise<T>): Promise<T> {
  const [plain = 0, tls = 0] = await freePorts(2);
  const own = directive('location', ['/'], [directive('return', ['200', 'ok'])]);
  const servers = [
    directive('server', [], [directive('listen', [`127.0.0.1:${plain}`]), own]),
    directive(
      'server',
      [],
      [
        directive('listen', [`127.0.0.1:${tls}`, 'ssl']),
        directive('ssl_certificate', [tlsFile('server.pem')]),
        directive('ssl_certificate_key', [tlsFile('server.key')]),
        own,
      ],
    ),
  ];
  return nginx.serve([], servers, () => use(plain, tls));
}

async function told(args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await workplace.lbbench(args);
  const text = `${stdout}\n${stderr}`.replaceAll(/\s+/g, ' ');
  expect(text).not.toMatch(foreign);
  return text;
}

describeWithNginx('what is wrong is told in one sentence with what helps', () => {
  it('of https to a port without TLS', async () => {
    const sentence =
      'the server does not speak TLS on this port; write http:// in the target, or the port that has TLS';
    await serving(async (plain) => {
      const url = `https://127.0.0.1:${plain}/`;
      expect(await told(['run', url, '-n', '5', '--wire', 'node'])).toContain(`5 × ${sentence}`);
      expect(await told(['ab', '-n', '5', url])).toContain(sentence);
      const insecure = ['run', url, '-n', '5', '--insecure', '--engine', 'autocannon'];
      expect(await told(insecure)).toContain(sentence);
    });
  });

  it('of http to a port with TLS', async () => {
    await serving(async (_, tls) => {
      const url = `http://127.0.0.1:${tls}/`;
      const sentence = `the target speaks TLS on this port: write https://127.0.0.1:${tls}/`;
      for (const engine of ['native', 'autocannon'])
        expect(await told(['run', url, '-n', '5', '--engine', engine])).toContain(sentence);
      expect(await told(['ab', '-n', '5', url])).toContain('the target speaks TLS on this port');
    });
  });

  it('of a certificate that nobody vouches for', async () => {
    await serving(async (_, tls) => {
      expect(await told(['run', `https://127.0.0.1:${tls}/`, '-n', '5'])).toContain(
        "nobody whom this machine trusts has signed the server's certificate; to trust it name its CA in tls.ca",
      );
    });
  });

  it('of a balancer that answers everything by itself', async () => {
    await serving(async (plain) => {
      expect(await told(['run', `http://127.0.0.1:${plain}/`, '-n', '5'])).toContain(
        'where it asks no backend (return, limit_req, files of its own) there is none to name',
      );
    });
  });

  it('of nobody at the port, at the socket, or of that name', async () => {
    const [port = 0] = await freePorts(1);
    expect(await told(['run', `http://127.0.0.1:${port}/`, '-n', '5'])).toContain(
      `connection refused by 127.0.0.1:${port}; is the balancer up, and the port right?`,
    );
    const socket = join(workplace.folder, 'no.sock');
    expect(await told(['run', `http://unix:${socket}:/`, '-n', '5'])).toContain(
      `there is no socket ${socket}; is the balancer up, and does it listen there?`,
    );
  });

  it('of a missing include and a missing log, whose path is said once', async () => {
    workplace.write('nginx.conf', 'events {}\nhttp {\n  include gone.conf;\n}\n');
    workplace.write(
      'include.yaml',
      'target: http://127.0.0.1:1\nexpect: { nginxConf: nginx.conf, upstream: backend }\n',
    );
    expect(await told(['check', 'include.yaml'])).toMatch(
      /nginx\.conf:3:3 expected a readable file, got "[^"]*gone\.conf": there is no such file hint: an include names it; nginx -T/,
    );
    const log = await told(['log', 'gone.log']);
    expect(log).toMatch(/gone\.log expected a readable log file, got none: there is no such file/);
    expect(log.split('gone.log')).toHaveLength(2);
  });
});
