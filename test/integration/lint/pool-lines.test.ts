import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../lab/free-port.js';
import { foundIn } from '../../lint/lint.js';
import { describeWithNginx } from '../real-nginx.js';
import { Backends } from './backends.js';
import type { Client } from './client.js';
import { accepts, serving } from './site.js';

let backends: Backends;
let a: string;
let b: string;
beforeAll(async () => {
  backends = await Backends.start(2);
  [a = '', b = ''] = backends.addresses;
});
afterEach(() => backends.reset());
afterAll(() => backends.close());

function site(lines: string, beside = ''): string {
  return `http {
    upstream backend {
        ${lines}
    }
    server {
        listen PORT;
        location / { proxy_pass http://backend; ${beside} }
    }
}
`;
}

function key(index: number): { path: string } {
  return { path: `/${index}` };
}

describeWithNginx('lines of an upstream block', () => {
  it('give a server that stands twice a share for each, and take out one of the two', async () => {
    const twice = site(`server ${a}; server ${a}; server ${b};`);
    const once = site(`server ${a} weight=2; server ${b};`);
    const shares = (client: Client) => client.served(9, '/');
    const attempts = async (client: Client) => {
      backends.answer((response, _, name) => (name === 'a' ? response.destroy() : response.end(name)));
      await client.served(9, '/');
      return backends.requests[0];
    };
    expect(await serving({ config: twice, finds: ['server-twice'] }, shares)).toEqual({ a: 6, b: 3 });
    expect(await serving({ config: once, finds: [] }, shares)).toEqual({ a: 6, b: 3 });
    backends.reset();
    expect(await serving({ config: twice, finds: ['server-twice'] }, attempts)).toBe(2);
    backends.reset();
    expect(await serving({ config: once, finds: [] }, attempts)).toBe(1);
  });

  it('give it no greater share on the ring of a consistent hash', async () => {
    const hash = 'hash $request_uri consistent;';
    const shares = (client: Client) => client.served(300, '/', key);
    const twice = await serving(
      { config: site(`${hash} server ${a}; server ${a}; server ${b};`), finds: ['server-twice'] },
      shares,
    );
    const once = await serving({ config: site(`${hash} server ${a}; server ${b};`), finds: [] }, shares);
    const mended = await serving(
      { config: site(`${hash} server ${a} weight=2; server ${b};`), finds: [] },
      shares,
    );
    expect(twice).toEqual(once);
    expect(mended.a).toBeGreaterThan(once.a ?? 0);
  });

  it('hand a hash’s keys to backups round robin, or are refused', async () => {
    const [dead] = await freePorts(1);
    const primaries = `server 127.0.0.1:${dead}; server 127.0.0.1:${dead} down;`;
    const same = (client: Client) => client.served(6, '/');
    const before = site(`${primaries} server ${a} backup; server ${b} backup; hash $remote_addr;`);
    expect(await serving({ config: before, finds: ['backup-with-hash', 'backup-with-hash'] }, same)).toEqual({
      a: 3,
      b: 3,
    });
    const mended = site(`${primaries} server ${a}; server ${b}; hash $remote_addr;`);
    expect(Object.values(await serving({ config: mended, finds: [] }, same))).toEqual([6]);
    const behind = site(`hash $remote_addr; server ${a}; server ${b}; server 127.0.0.1:${dead} backup;`);
    expect(foundIn(behind)).toHaveLength(1);
    expect(accepts(behind)).toBe(false);
    expect(accepts(behind.replace(' backup', ''))).toBe(true);
  });

  it('let the last of two methods decide', async () => {
    const same = (client: Client) => client.served(6, '/');
    const config = site(`hash $remote_addr; least_conn; server ${a}; server ${b};`);
    expect(await serving({ config, finds: ['method-twice'] }, same)).toEqual({ a: 3, b: 3 });
    const mended = site(`hash $remote_addr; server ${a}; server ${b};`);
    expect(Object.values(await serving({ config: mended, finds: [] }, same))).toEqual([6]);
  });

  it.each([
    [
      'keepalive-before-method',
      'keepalive 4; least_conn;',
      'least_conn; keepalive 4;',
      'proxy_http_version 1.1; proxy_set_header Connection "";',
    ],
    ['keepalive-unused', 'keepalive 4;', 'keepalive 4;', ''],
  ])('keep no connection: %s', async (rule, lines, mendedLines, beside) => {
    const opened = async (client: Client) => {
      backends.reset();
      await client.served(10, '/');
      return backends.connections[0];
    };
    const server = `server ${a}; server ${b} down;`;
    const config = site(`${server} ${lines}`, beside);
    expect(await serving({ config, finds: [rule] }, opened)).toBe(10);
    const mended = site(
      `${server} ${mendedLines}`,
      'proxy_http_version 1.1; proxy_set_header Connection "";',
    );
    expect(await serving({ config: mended, finds: [] }, opened)).toBe(1);
  });

  it('keep no connection under the map for WebSockets', async () => {
    const upgrade = (plain: string) =>
      site(
        `server ${a}; server ${b} down; keepalive 4;`,
        'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;',
      ).replace(
        /^http \{/,
        `http {\nmap $http_upgrade $connection_upgrade { default upgrade; '' ${plain}; }`,
      );
    const opened = async (client: Client) => {
      backends.reset();
      await client.served(10, '/');
      return backends.connections[0];
    };
    expect(await serving({ config: upgrade('close'), finds: ['keepalive-unused'] }, opened)).toBe(10);
    expect(await serving({ config: upgrade("''"), finds: [] }, opened)).toBe(1);
  });
});
