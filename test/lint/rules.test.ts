import { describe, expect, it } from 'vitest';
import { findingsIn, foundIn } from './lint.js';

const two = 'server 10.0.0.1:8000; server 10.0.0.2:8000;';
const pool = (lines: string, name = 'backend') => `upstream ${name} { ${lines} ${two} }`;
const site = (inside: string, server = '', name = 'backend') =>
  `server { ${server} location / { proxy_pass http://${name}; ${inside} } }`;
const workers = (lines: string, count = 'auto') => `worker_processes ${count}; http { ${lines} }`;

/** Each row: what it is about, a configuration, and the rules that find something in it. */
type Row = readonly [about: string, config: string, ...found: string[]];

function rows(...table: readonly Row[]): void {
  it.each(table)('%s', (...row) => {
    const [, config = '', ...found] = row;
    expect(foundIn(config).map((one) => one.replace(/:\d+$/, ''))).toEqual(found);
  });
}

describe('several workers', () => {
  rows(
    ['one worker by default', `http { ${pool('least_conn;')} }`],
    ['one worker', workers(pool('least_conn;'), '1')],
    ['a piece, which does not tell', pool('least_conn;')],
    ['nothing to balance', workers('upstream backend { least_conn; server a; server b down; }')],
    [
      'max_conns before least_conn',
      workers('upstream b { least_conn; server a max_conns=3; server c; }'),
      'max-conns-without-zone',
    ],
    ['random two counts connections', workers(pool('random two;')), 'least-conn-without-zone'],
    ['random alone remembers nothing but failures', workers(pool('random;'))],
    [
      'max_fails=0 counts nothing',
      workers('upstream b { hash $remote_addr; server a max_fails=0; server c max_fails=0; }'),
      'hash-without-zone',
    ],
    ['a method of a module', workers(pool('fair;'))],
    ['stream', `worker_processes 2; stream { ${pool('least_conn;')} }`, 'least-conn-without-zone'],
  );
});

describe('failures', () => {
  const failing = (parameters: string) => `upstream b { server a ${parameters}; server c; }`;
  rows(
    ['a minute', failing('fail_timeout=60s')],
    ['two minutes', failing('fail_timeout=2m'), 'fail-timeout-of-minutes'],
    ['ten minutes', failing('max_fails=3 fail_timeout=10m'), 'fail-timeout-of-hours'],
    ['no failures counted', failing('max_fails=0 fail_timeout=1h')],
    ['a lone server, which is never taken out', 'upstream b { server a fail_timeout=1h; }'],
    [
      'one beside a server that is down, which is',
      'upstream b { server a fail_timeout=1h; server c down; }',
      'fail-timeout-of-hours',
    ],
    [
      'parameters of a newer nginx beside',
      failing('resolve fail_timeout=1h slow_start=3s'),
      'fail-timeout-of-hours',
    ],
    [
      'nothing to go on to',
      `upstream b { server a; } ${site('proxy_next_upstream error non_idempotent http_429;', '', 'b')}`,
    ],
    ['off', pool('') + site('proxy_next_upstream off;')],
    ['a line further out', pool('') + site('', 'proxy_next_upstream error non_idempotent;'), 'post-repeated'],
    [
      'one line for two places',
      `${pool('')} server { proxy_next_upstream http_429; location /a { proxy_pass http://backend; } location /b { proxy_pass http://backend; } }`,
      'overload-takes-out',
    ],
    [
      'a nearer line',
      pool('') + site('proxy_next_upstream error;', 'proxy_next_upstream error non_idempotent;'),
    ],
  );
});

describe('lines of an upstream block', () => {
  rows(
    ['the default port is a port', 'upstream b { server 10.0.0.1; server 10.0.0.1:80; }', 'server-twice'],
    ['other ports', 'upstream b { server 10.0.0.1:1; server 10.0.0.1:2; }'],
    ['a server and itself as backup', 'upstream b { server 10.0.0.1:1; server 10.0.0.1:1 backup; }'],
    ['one of the two is down', 'upstream b { server 10.0.0.1:1; server 10.0.0.1:1 down; server 10.0.0.2; }'],
    ['least_conn takes backups', 'upstream b { least_conn; server a; server c; server d backup; }'],
    ['round robin takes backups', 'upstream b { server a; server c; server d backup; }'],
    ['random does not', 'upstream b { server a; server c; server d backup; random; }', 'backup-with-hash'],
    ['three methods', pool('ip_hash; random; least_conn;'), 'method-twice', 'method-twice'],
    ['keepalive 0 keeps nothing anyway', pool('keepalive 0; least_conn;')],
    ['keepalive and round robin', pool('keepalive 4;')],
  );

  it('adds up the shares of all the lines', () => {
    const [finding, ...others] = findingsIn(
      'upstream b {\n server 10.0.0.1:1 weight=2 max_conns=5 fail_timeout=3s;\n server 10.0.0.1:1 max_conns=2;\n server 10.0.0.1:1 weight=4 max_conns=1;\n server 10.0.0.2:1;\n}',
    );
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      line: 3,
      what: '"10.0.0.1:1" stands 3 times in upstream "b", first in line 2',
      fix: ['server 10.0.0.1:1 fail_timeout=3s weight=7 max_conns=8;'],
    });
  });

  it('says what nginx makes of a backup behind the method', () => {
    const why = (text: string) => findingsIn(text).map((finding) => finding.why);
    expect(why('upstream b { hash $remote_addr; server a; server c; server d backup; }')).toEqual([
      'hash takes no backups: nginx refuses this line and does not start.',
    ]);
  });
});

describe('keys of a hash', () => {
  const session = 'map $http_x_session_id $key';
  rows(
    ['a word', pool('hash same;'), 'hash-key-constant'],
    ['the name of this machine', pool('hash $hostname;'), 'hash-key-constant'],
    ['one server, to which all go anyway', 'upstream b { hash same; server a; }'],
    ['a path and what it asks for', pool('hash $request_uri;') + site('')],
    [
      'as many exact paths as servers',
      `${pool('hash $uri;')} server { location = /a { proxy_pass http://backend; } location = /b { proxy_pass http://backend; } }`,
    ],
    [
      'fewer exact paths than servers',
      `upstream backend { hash $uri; ${two} server 10.0.0.3; } server { location = /a { proxy_pass http://backend; } location = /b { proxy_pass http://backend; } }`,
      'hash-key-constant',
    ],
    [
      'a path that is rewritten',
      `${pool('hash $uri;')} server { rewrite ^ /$arg_x; location = /a { proxy_pass http://backend; } }`,
    ],
    [
      'the path of an API',
      `${pool('hash $uri;')} server { location /v1/chat/completions { proxy_pass http://backend; proxy_buffering off; proxy_read_timeout 1h; } }`,
      'hash-key-of-path',
    ],
    ['the path of a website', pool('hash $uri;') + site('')],
    ['a word and a cookie', pool('hash s$cookie_sid;'), 'hash-key-shared'],
    ['a cookie', pool('hash $cookie_sid;'), 'hash-key-empty'],
    ['a cookie or else the address', pool('hash $cookie_sid$remote_addr;')],
    ['what every client sends', pool('hash $http_user_agent;')],
    ['what every proxy sends', pool('hash $http_x_forwarded_for;')],
    ['the host', pool('hash $http_host;')],
    ['names in another case', pool('hash $HTTP_X_Session_Id;'), 'hash-key-empty'],
    [
      'a map that leaves nothing empty',
      `${session} { "" $remote_addr; default $http_x_session_id; } ${pool('hash $key;')}`,
    ],
    [
      'a map that has no default',
      `${session} { "" $remote_addr; ~^a a; } ${pool('hash $key;')}`,
      'hash-key-empty',
    ],
    [
      'a map that passes it on',
      `${session} { default $http_x_session_id; } ${pool('hash $key;')}`,
      'hash-key-empty',
    ],
    [
      'a map of a map',
      `map $key $inner { default $key; "" x; } ${session} { default $http_x_session_id; } ${pool('hash $inner;')}`,
    ],
    [
      'a map that goes round in circles',
      `map $b $a { default $b; } map $a $b { default $a; } ${pool('hash $a;')}`,
    ],
    ['a variable of a module', pool('hash $sent_by_lua;')],
    [
      'a body with room',
      pool('hash $request_body;') + site('', 'client_body_buffer_size 2m; client_max_body_size 2m;'),
    ],
    ['a body of any size', pool('hash $request_body;') + site('client_max_body_size 0;'), 'hash-key-of-body'],
    [
      'a body that is not read',
      pool('hash $request_body;') + site('proxy_request_buffering off; client_body_buffer_size 1m;'),
      'hash-key-of-body',
    ],
    [
      'a body that nginx writes',
      pool('hash $request_body;') + site('client_body_in_file_only clean; client_body_buffer_size 1m;'),
      'hash-key-of-body',
    ],
  );
});

describe('the address of the client', () => {
  const hashed = pool('hash $binary_remote_addr;');
  rows(
    ['an address that nothing puts in doubt', hashed + site('', 'listen 80;')],
    ['no listen at all is every address', hashed + site('')],
    ['this machine and another way in', hashed + site('', 'listen 127.0.0.1:80; listen 80;')],
    ['a socket', hashed + site('', 'listen unix:/run/a.sock;'), 'address-of-proxy'],
    [
      'proxy_protocol that is trusted',
      hashed +
        site('', 'listen 80 proxy_protocol; set_real_ip_from 10.0.0.0/8; real_ip_header proxy_protocol;'),
    ],
    [
      'proxy_protocol beside a header that somebody chose',
      hashed +
        site('', 'listen 80 proxy_protocol; set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For;'),
    ],
    [
      'proxy_protocol that nobody asks',
      hashed + site('', 'listen 80 proxy_protocol; set_real_ip_from 10.0.0.0/8;'),
      'address-of-proxy',
    ],
    [
      'proxy_protocol that nobody trusts',
      hashed + site('', 'listen 80 proxy_protocol; real_ip_header proxy_protocol;'),
      'address-of-proxy',
    ],
    ['a header that nobody trusts', hashed + site('', 'real_ip_header X-Real-IP;'), 'address-of-proxy'],
    [
      'limits by the proxy’s header',
      `limit_req_zone $http_x_forwarded_for zone=a:1m rate=1r/s; ${hashed}${site('')}`,
      'address-of-proxy',
    ],
    [
      'a map for whoever sends it',
      `map $http_x_forwarded_for $ip { "" $remote_addr; default $http_x_forwarded_for; } ${hashed}${site('')}`,
    ],
    [
      'a redirect by the proxy’s scheme',
      hashed + site('', 'if ($http_x_forwarded_proto = http) { return 301 https://$host$request_uri; }'),
      'address-of-proxy',
    ],
    [
      'another server’s redirect',
      `${hashed}${site('')} server { if ($http_x_forwarded_proto = http) { return 301 /; } }`,
    ],
    [
      'ip_hash behind a proxy, once',
      pool('ip_hash;') + site('', 'real_ip_header X-Real-IP;'),
      'address-of-proxy',
    ],
    [
      'a session beside the address',
      pool('hash $remote_addr$cookie_sid;') + site('', 'real_ip_header X-Real-IP;'),
    ],
  );
});

describe('connections to the servers', () => {
  const kept = `${pool('keepalive 8;')} map $http_upgrade $connection_upgrade { default upgrade; '' close; } map $http_upgrade $kept { default upgrade; '' ''; }`;
  rows(
    ['HTTP/1.1 and the default header', kept + site('proxy_http_version 1.1;'), 'keepalive-unused'],
    ['HTTP/1.1 and no header', kept + site('proxy_http_version 1.1; proxy_set_header Connection "";')],
    ['set further out', kept + site('', 'proxy_http_version 1.1; proxy_set_header Connection "";')],
    [
      'hidden by another header',
      kept + site('proxy_set_header Host $host;', 'proxy_http_version 1.1; proxy_set_header Connection "";'),
      'keepalive-unused',
    ],
    [
      'the map for WebSockets',
      kept + site('proxy_http_version 1.1; proxy_set_header Connection $connection_upgrade;'),
      'keepalive-unused',
    ],
    ['a map that keeps', kept + site('proxy_http_version 1.1; proxy_set_header Connection $kept;')],
    ['another protocol', `${kept} server { location / { grpc_pass grpc://backend; } }`],
    [
      'proxy_pass with a variable path',
      kept + site('').replace('http://backend', 'http://backend$request_uri'),
      'keepalive-unused',
    ],
    [
      'a port behind the name, which makes it a host',
      kept + site('').replace('http://backend', 'http://backend:80'),
    ],
  );

  it('knows the defaults of nginx 1.29.7', () => {
    expect(foundIn(kept + site(''), '1.29.6')).toEqual(['keepalive-unused:1']);
    expect(foundIn(kept + site(''), '1.29.7')).toEqual([]);
    expect(foundIn(kept + site('proxy_http_version 1.0;'), '1.31.5')).toEqual(['keepalive-unused:1']);
    expect(foundIn(pool('keepalive 4; least_conn;'), '1.29.6')).toEqual(['keepalive-before-method:1']);
    expect(foundIn(pool('keepalive 4; least_conn;'), '1.29.7')).toEqual([]);
  });
});

describe('streams', () => {
  const llm = 'upstream my-vllm { server 10.0.0.1:8000; }';
  const long = 'proxy_read_timeout 10m;';
  rows(
    ['a pool of something else', pool('') + site('')],
    ['a chat that is no LLM’s', `${pool('')} server { location /chat { proxy_pass http://backend; } }`],
    [
      'no upstream block',
      `server { location / { proxy_pass http://ollama:11434; ${long} } }`,
      'stream-buffered',
    ],
    ['HTTP/1.1', llm + site(`proxy_http_version 1.1; ${long}`, '', 'my-vllm')],
    ['buffering off further out', llm + site(long, 'proxy_buffering off;', 'my-vllm')],
    [
      'gzip of other types',
      llm + site(`gzip on; gzip_types application/json; proxy_http_version 1.1; ${long}`, '', 'my-vllm'),
    ],
    [
      'gzip of all types',
      llm + site(`gzip on; gzip_types *; proxy_http_version 1.1; ${long}`, '', 'my-vllm'),
      'stream-compressed',
    ],
    [
      'gzip that is off',
      llm + site(`gzip off; gzip_types *; proxy_http_version 1.1; ${long}`, '', 'my-vllm'),
    ],
    [
      'event streams among the types',
      pool('') + site(`gzip on; gzip_types text/event-stream; ${long}`),
      'stream-compressed',
    ],
    [
      'events',
      `${pool('')} server { location /sse { proxy_pass http://backend; ${long} } }`,
      'stream-buffered',
    ],
    [
      'milliseconds',
      llm + site('proxy_buffering off; proxy_read_timeout 500ms;', '', 'my-vllm'),
      'stream-cut',
    ],
    ['more than a minute', llm + site('proxy_buffering off; proxy_read_timeout 2m;', '', 'my-vllm')],
  );

  it('knows that nginx 1.29.7 speaks HTTP/1.1 to servers', () => {
    expect(foundIn(llm + site(long, '', 'my-vllm'), '1.29.7')).toEqual([]);
    expect(foundIn(llm + site(long, 'listen 443 ssl;', 'my-vllm'), '1.29.7')).toEqual([
      'stream-buffered-by-tls:1',
    ]);
  });
});

describe('the header that names the server', () => {
  const header = 'add_header X-Upstream $upstream_addr always;';
  rows(
    ['beside another', pool('') + site('', `${header} add_header A b;`)],
    ['in both blocks', pool('') + site(`${header} add_header A b;`, header)],
    [
      'lost once for two places',
      `${pool('')} server { ${header} location / { add_header A b; location /a { proxy_pass http://backend; } location /b { proxy_pass http://backend; } } }`,
      'upstream-header-lost',
    ],
    ['merged', pool('') + site('add_header A b; add_header_inherit merge;', header)],
    [
      'lost where nothing is proxied',
      `${pool('')} server { ${header} location / { return 200; add_header A b; } location /x { proxy_pass http://backend; } }`,
    ],
    ['no always', pool('') + site('add_header X-Upstream $upstream_addr;'), 'upstream-header-on-errors'],
    ['another variable', pool('') + site('add_header X-Time $upstream_response_time;')],
  );
});

describe('a configuration', () => {
  it('may silence a finding on its line', () => {
    const text = (mark: string) => `upstream b {\n hash same; # ${mark}\n ${two}\n}`;
    expect(foundIn(text('lbbench-disable-line hash-key-constant'))).toEqual([]);
    expect(foundIn(text('lbbench-disable-line other, hash-key-constant'))).toEqual([]);
    expect(foundIn(text('lbbench-disable-line other'))).toEqual(['hash-key-constant:2']);
  });

  it('shows nothing that acts on a screen', () => {
    const [finding] = findingsIn('upstream "a\u001b[2J\u202eb" { hash same; server a; server b; }');
    expect(JSON.stringify(finding)).not.toMatch(/\\u001b|\u202e|\u001b/);
  });

  it('is found wanting in the order of its lines', () => {
    const found = findingsIn(`${pool('hash same;')}\n${pool('ip_hash;', 'other')}`);
    expect(found.map(({ line }) => line)).toEqual([1, 2]);
  });
});
