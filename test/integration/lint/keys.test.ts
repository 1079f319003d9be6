import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithNginx } from '../real-nginx.js';
import { Backends } from './backends.js';
import type { Client } from './client.js';
import { serving } from './site.js';

let backends: Backends;
let servers: string;
beforeAll(async () => {
  backends = await Backends.start(2);
  servers = backends.addresses.map((address) => `server ${address};`).join(' ');
});
afterEach(() => backends.reset());
afterAll(() => backends.close());

interface Lines {
  readonly http?: string;
  readonly pool: string;
  readonly server?: string;
  readonly location?: string;
  readonly name?: string;
}

function site({ http = '', pool, server = '', location = '/', name = 'backend' }: Lines): string {
  return `http {
    ${http}
    upstream ${name} {
        ${pool}
        ${servers}
    }
    server {
        listen PORT;
        ${server}
        location ${location} { proxy_pass http://${name}; proxy_buffering off; proxy_read_timeout 600s; }
    }
}
`;
}

/** Sends 40 requests and counts the servers that they meet. */
function met(
  path: string,
  options: Parameters<Client['served']>[2] = {},
  body?: string,
): (client: Client) => Promise<number> {
  return async (client) => Object.keys(await client.served(40, path, options, body)).length;
}

/** Each request from a /24 network of its own; 127.0.0.0/8 is this machine. */
const networks = (index: number) => ({ localAddress: `127.0.${index + 1}.1` });
/** Each from an address of its own in one such network. */
const neighbours = (index: number) => ({ localAddress: `127.0.0.${index + 1}` });

describeWithNginx('a key', () => {
  it('that is constant sends everything to one server', async () => {
    const path = (key: string) => site({ pool: `hash ${key};`, location: '= /chat' });
    expect(
      await serving({ config: path('$uri'), finds: ['hash-key-constant'] }, met('/chat', networks)),
    ).toBe(1);
    expect(
      await serving({ config: path('same'), finds: ['hash-key-constant'] }, met('/chat', networks)),
    ).toBe(1);
    expect(await serving({ config: path('$remote_addr'), finds: [] }, met('/chat', networks))).toBe(2);
  });

  it('that is the path sends all chats to one server', async () => {
    const chat = met('/v1/chat/completions', networks, '{"messages":[]}');
    const by = (pool: string) => site({ pool, location: '/v1/', name: 'vllm' });
    const config = by('hash $request_uri consistent;');
    expect(await serving({ config, finds: ['hash-key-of-path'] }, chat)).toBe(1);
    expect(await serving({ config: by('least_conn;'), finds: [] }, chat)).toBe(2);
  });

  it('with a word in it is shared by all who lack the rest', async () => {
    const config = site({ pool: 'hash session:$cookie_sid;' });
    expect(await serving({ config, finds: ['hash-key-shared'] }, met('/', networks))).toBe(1);
    const mended = site({
      http: 'map $cookie_sid $balance_key { "" $remote_addr; default $cookie_sid; }',
      pool: 'hash $balance_key;',
    });
    expect(await serving({ config: mended, finds: [] }, met('/', networks))).toBe(2);
  });

  it('that is empty goes round robin', async () => {
    const config = site({ pool: 'hash $http_x_session_id consistent;' });
    const session = { headers: { 'X-Session-Id': 'one' } };
    expect(await serving({ config, finds: ['hash-key-empty'] }, met('/'))).toBe(2);
    expect(await serving({ config, finds: ['hash-key-empty'] }, met('/', session))).toBe(1);
    const mended = site({
      http: 'map $http_x_session_id $balance_key { "" $remote_addr; default $http_x_session_id; }',
      pool: 'hash $balance_key consistent;',
    });
    expect(await serving({ config: mended, finds: [] }, met('/'))).toBe(1);
  });

  it('made of a body is lost with a body that is not in memory', async () => {
    const lines = {
      http: 'map $request_body $session { "~\\"session\\":\\"([^\\"]+)" $1; }',
      pool: 'hash $session consistent;',
    };
    const prompt = (characters: number) => `{"session":"one","prompt":"${'x'.repeat(characters)}"}`;
    const config = site(lines);
    const finds = ['hash-key-of-body'];
    expect(await serving({ config, finds }, met('/', {}, prompt(1_000)))).toBe(1);
    expect(await serving({ config, finds }, met('/', {}, prompt(20_000)))).toBe(2);
    const mended = site({ ...lines, server: 'client_body_buffer_size 1m;' });
    expect(await serving({ config: mended, finds: [] }, met('/', {}, prompt(20_000)))).toBe(1);
    const unread = site({ ...lines, server: 'client_body_buffer_size 1m; proxy_request_buffering off;' });
    expect(await serving({ config: unread, finds }, met('/', {}, prompt(1_000)))).toBe(2);
  });
});

describeWithNginx('the address of a client', () => {
  it('is that of the proxy until realip says otherwise', async () => {
    const behind = (server: string) =>
      site({ pool: 'hash $remote_addr;', server }).replace('listen PORT;', 'listen 127.0.0.1:PORT;');
    const clients = (index: number) => ({ headers: { 'X-Forwarded-For': `10.1.${index}.7` } });
    const config = behind('');
    expect(await serving({ config, finds: ['address-of-proxy'] }, met('/', clients))).toBe(1);
    const untrusted = behind('real_ip_header X-Forwarded-For;');
    expect(await serving({ config: untrusted, finds: ['address-of-proxy'] }, met('/', clients))).toBe(1);
    const mended = behind('set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;');
    expect(await serving({ config: mended, finds: [] }, met('/', clients))).toBe(2);
  });

  it('is looked at in part by ip_hash', async () => {
    const config = site({ pool: 'ip_hash;' });
    expect(await serving({ config, finds: ['ip-hash-by-network'] }, met('/', neighbours))).toBe(1);
    expect(await serving({ config, finds: ['ip-hash-by-network'] }, met('/', networks))).toBe(2);
    const mended = site({ pool: 'hash $remote_addr consistent;' });
    expect(await serving({ config: mended, finds: [] }, met('/', neighbours))).toBe(2);
  });
});
