import { describe, expect, it } from 'vitest';
import { faultText } from '../../src/scenario/fault-text.js';
import { pem as tlsFile } from '../fixtures/tls.js';
import { faultsOf, load } from './load-text.js';

const garbled = (what: string) => `-----BEGIN ${what}-----\nAAAA\n-----END ${what}-----\n`;
const pemFiles = {
  'c.pem': 'not PEM',
  'bad.pem': garbled('CERTIFICATE') + garbled('PRIVATE KEY'),
  'cert.pem': tlsFile('client.pem'),
  'other.pem': tlsFile('server.key'),
};

/** What must be there for the line under test to be the only fault. */
const target = 'target: http://127.0.0.1:8080\n';
const lab = (servers: string, rest = '') => `lab:\n  servers: ${servers}\n${rest}`;

type Row = readonly [what: string, text: string, ...faults: string[]];

const rows: readonly Row[] = [
  [
    "the design's own example of a fault",
    `${target}load:\n  concurrency: ten`,
    's.yaml:3:16  load.concurrency: expected an integer of at least 1, got "ten"',
  ],
  [
    'an unknown key near a known one',
    `${target}load: { conncurrency: 10 }`,
    's.yaml:2:9  load.conncurrency: expected a known key, got "conncurrency"\n    hint: did you mean concurrency?',
  ],
  [
    'an unknown key near none',
    `${target}tls: { zzz: 1 }`,
    's.yaml:2:1  tls: expected tls only with an https target, got it with plain HTTP\n    hint: write the target as https://…, or remove tls',
    's.yaml:2:8  tls.zzz: expected a known key, got "zzz"\n    hint: known here are ca, cert, key, serverName, ciphers, minVersion, maxVersion',
  ],
  [
    'both target and lab',
    `${target}${lab('[127.0.0.1:1]')}`,
    's.yaml:2:1  lab: expected one of target and lab, got both\n    hint: keep target for a balancer that already runs, or lab for one that lbbench starts',
  ],
  [
    'neither target nor lab',
    'name: x',
    's.yaml:1:1  expected one of target and lab, got neither\n    hint: add target: http://127.0.0.1:8080, or lab: { servers: [127.0.0.1:8001, 127.0.0.1:8002] }',
  ],
  [
    'a wrong target, which is still a target',
    'target: 127.0.0.1:8080',
    's.yaml:1:9  target: expected the URL of a balancer, got "127.0.0.1:8080"\n    hint: write http://127.0.0.1:8080',
  ],
  [
    'a bare number as a duration',
    `${target}load: { duration: 30 }`,
    's.yaml:2:19  load.duration: expected a time such as 20ms, 30s, 2m or 1h, got 30\n    hint: write 30ms or 30s',
  ],
  [
    'arrivals without a rate',
    `${target}load: { arrivals: poisson }`,
    's.yaml:2:9  load.arrivals: expected a rate beside arrivals, got none\n    hint: arrivals belong to the open model: add rate: 200/s',
  ],
  [
    'a version that YAML takes for a number',
    `${target}load: { httpVersion: 1.0 }`,
    's.yaml:2:22  load.httpVersion: expected one of 1.0, 1.1, got 1\n    hint: put it in quotes: "1.0"',
  ],
  [
    'a word near an allowed one',
    `${target}engine: natve`,
    's.yaml:2:9  engine: expected one of native, autocannon, scripted, got "natve"\n    hint: did you mean native?',
  ],
  [
    'a server parameter that nginx does not know',
    lab('\n    - 127.0.0.1:8001 weight=3\n    - 127.0.0.1:8002 wieght=2'),
    's.yaml:4:7  lab.servers[1]: expected a parameter of the server directive, got "wieght=2"\n    hint: the parameters are weight=, max_conns=, max_fails=, fail_timeout=, backup and down',
  ],
  [
    'a server twice',
    lab('[127.0.0.1:8001, { server: 127.0.0.1:08001, latency: 1ms }]'),
    's.yaml:2:29  lab.servers[1]: expected each server once, got "127.0.0.1:8001" again\n    hint: give it a port of its own, or a weight',
  ],
  [
    'only backups',
    lab('[127.0.0.1:8001 backup]'),
    's.yaml:2:12  lab.servers: expected at least one server to send requests to, got only backup servers\n    hint: nginx has nowhere to send requests: let one server be neither backup nor down',
  ],
  [
    'only servers that are down',
    lab('[127.0.0.1:8001 down, 127.0.0.1:8002 down]'),
    's.yaml:2:12  lab.servers: expected at least one server to send requests to, got only servers that are down\n    hint: nginx has nowhere to send requests: let one server be neither backup nor down',
  ],
  [
    'a backup with a method that takes none',
    lab('[127.0.0.1:8001, 127.0.0.1:8002 backup]', 'algorithms: [round_robin, ip_hash]'),
    's.yaml:2:29  lab.servers[1]: expected no backup server with ip_hash, got one\n    hint: nginx refuses that: remove backup, or use round_robin or least_conn',
  ],
  [
    'a demo backend with a name',
    lab('[localhost:8001]'),
    's.yaml:2:13  lab.servers[0]: expected an IP address or a unix socket for a demo backend, got "localhost:8001"\n    hint: write 127.0.0.1:8001; nginx would make one server of every address that the name has',
  ],
  [
    "the balancer on a server's port",
    lab('[127.0.0.1:8001]', '  port: 8001'),
    's.yaml:3:9  lab.port: expected a port that no server has, got 8001\n    hint: leave it out to take a free one',
  ],
  [
    "the balancer on a running server's port, of this machine only",
    lab('[10.0.0.5:8001, 127.0.0.1:8001]', '  backends: running\n  port: 8001'),
    's.yaml:4:9  lab.port: expected a port that no server has, got 8001\n    hint: leave it out to take a free one',
  ],
  [
    'how a backend that runs already should behave',
    lab('[{ server: 127.0.0.1:8001, latency: 5ms }]', '  backends: running\n  backend: { slots: 2 }'),
    's.yaml:2:13  lab.servers[0]: expected no latency, jitter, slots or llm with backends: running, got some\n    hint: they say how demo backends behave; take them out, or let lbbench start the backends: backends: demo',
    's.yaml:4:12  lab.backend: expected no latency, jitter, slots or llm with backends: running, got some\n    hint: they say how demo backends behave; take them out, or let lbbench start the backends: backends: demo',
  ],
  [
    'what the embedded balancer does not do',
    lab('[127.0.0.1:8001]', '  balancer: embedded\n  proxy: { buffering: on }'),
    's.yaml:4:23  lab.proxy.buffering: expected no buffering with the embedded balancer, got on\n    hint: it passes each piece on as it comes, by HTTP/1.1; for what nginx does there, use balancer: nginx',
  ],
  [
    'a proxy by another HTTP',
    lab('[127.0.0.1:8001]', '  proxy: { httpVersion: 2, buffering: maybe }'),
    's.yaml:3:25  lab.proxy.httpVersion: expected one of 1.0, 1.1, got 2',
    's.yaml:3:39  lab.proxy.buffering: expected on or off, got "maybe"',
  ],
  [
    'an inference server that is none',
    lab('[127.0.0.1:8001]', '  backend: { llm: { preset: 8b-h200, slots: 0, cache: lots } }'),
    's.yaml:3:29  lab.backend.llm.preset: expected one of 8b-h100, 70b-tp8-h100, 3b-l40s, got "8b-h200"\n    hint: did you mean 8b-h100?',
    's.yaml:3:45  lab.backend.llm.slots: expected an integer of at least 1, got 0',
    's.yaml:3:55  lab.backend.llm.cache: expected an integer of at least 0, got "lots"',
  ],
  [
    'a drill with backends that run already',
    lab('[127.0.0.1:8001]', '  backends: running\n  events: [{ at: 2s, backend: 127.0.0.1:8001, do: stop }]'),
    's.yaml:4:3  lab.events: expected no events with backends: running, got some\n    hint: lbbench does not stop, slow down or hang backends that it has not started; leave the drill to demo backends',
  ],
  [
    'an event at no server',
    lab('[127.0.0.1:8001]', '  events: [{ at: 2s, backend: 127.0.0.1:8002, do: stop }]'),
    's.yaml:3:31  lab.events[0].backend: expected one of the lab\'s servers, got "127.0.0.1:8002"\n    hint: did you mean 127.0.0.1:8001?',
  ],
  [
    'a method that nginx does not have',
    lab('[127.0.0.1:8001]', 'algorithms:\n  - round_robin\n  - fastest'),
    's.yaml:5:5  algorithms[1]: expected a balancing method, got "fastest"\n    hint: use round_robin, least_conn, ip_hash, hash KEY, hash KEY consistent, random, or random two least_conn',
  ],
  [
    'a method twice',
    lab('[127.0.0.1:8001]', 'algorithms: [random, "random"]'),
    's.yaml:3:22  algorithms[1]: expected each algorithm once, got "random" again\n    hint: to measure it more often, use repeat',
  ],
  [
    'several methods of a balancer that already runs',
    `${target}algorithms: [round_robin, least_conn]`,
    's.yaml:2:13  algorithms: expected at most one algorithm with a target, got 2\n    hint: name the one it uses; lbbench try sets an nginx on this machine to each of several, lab starts one of its own',
  ],
  [
    'a request without a path',
    `${target}requests:\n  - name: a\n  - name: b\n    path: /b`,
    's.yaml:3:5  requests[0].path: expected a path that starts with /, got nothing',
  ],
  [
    'two bodies',
    `${target}requests: [{ path: /, text: a, json: {} }]`,
    's.yaml:2:23  requests[0].text: expected one body, got json and text\n    hint: a request has one of json, text, jsonFile, textFile, file and llm',
  ],
  [
    'the same name twice',
    `${target}requests: [{ name: a, path: / }, { path: /x }, { name: a, path: /y }, { path: /x }]`,
    's.yaml:2:56  requests[2].name: expected a name of its own, got "a" as for requests[0]',
    's.yaml:2:71  requests[3]: expected a name of its own, got "GET /x" as for requests[1]\n    hint: a request without a name is called by its method and path: add a name',
  ],
  [
    'a file that is not there',
    `${target}requests: [{ path: /, textFile: no.txt }]`,
    's.yaml:2:33  requests[0].textFile: expected a readable file, got "no.txt": there is no such file\n    hint: looked for "/s/no.txt"; files are looked for beside the scenario',
  ],
  [
    'a range that descends, deep in a body',
    `${target}requests: [{ path: /, json: { user: ["u{9..1}"] } }]`,
    's.yaml:2:40  requests[0].json.user[0]: expected a range that ascends, got "{9..1}"\n    hint: write {1..9}',
  ],
  [
    'a header value that would start another header, which stays out of the message',
    `${target}headers: { Authorization: "Bearer s3cr3t\\r\\nX: y" }`,
    's.yaml:2:27  headers.Authorization: expected a header value without control characters, got U+000D',
  ],
  [
    'a header that would frame the body',
    `${target}headers: { content-length: "5" }`,
    's.yaml:2:12  headers.content-length: expected a header other than Content-Length and Transfer-Encoding, got "content-length"\n    hint: lbbench says how long a body is',
  ],
  [
    'a number as a header value, which YAML may have changed',
    `${target}headers: { X-Version: 1.10 }`,
    's.yaml:2:23  headers.X-Version: expected a text, got 1.1\n    hint: put it in quotes',
  ],
  [
    'credentials twice',
    'target: http://u:p@127.0.0.1/\nauth: { user: a, password: b }',
    's.yaml:2:1  auth: expected credentials in one place, got them in two\n    hint: keep one of auth, the header Authorization and user:password@ in the target',
  ],
  [
    'two attributions',
    `${target}attribution: { header: X-Upstream, body: /server }`,
    's.yaml:2:36  attribution.body: expected one of header, log and body, got header and body\n    hint: keep the one that tells the backend',
  ],
  [
    'a format without a log',
    `${target}attribution: { format: $status }`,
    's.yaml:2:16  attribution.format: expected a log beside format, got none\n    hint: add log: /var/log/nginx/access.log',
  ],
  [
    'a regular expression that is none',
    `${target}attribution: { body: "/(/" }`,
    's.yaml:2:22  attribution.body: expected a valid regular expression, got "("\n    hint: Unterminated group',
  ],
  [
    'expect beside lab',
    `${lab('[127.0.0.1:8001]')}expect: { 127.0.0.1:8001: 1 }`,
    "s.yaml:3:1  expect: expected expect only with a target, got it with lab\n    hint: a lab's weights are those of its servers",
  ],
  [
    'weights that leave nothing to expect',
    `${target}expect: { 127.0.0.1:8001: 0 }`,
    's.yaml:2:9  expect: expected at least one weight above 0, got none\n    hint: write { 127.0.0.1:8001: 1, 127.0.0.1:8002: 1 }',
  ],
  [
    'a rule without a unit, where it stands inside the list',
    `${target}thresholds:\n  - skew < 5%\n  - { rule: "p99 < 250", abortOnFail: true }`,
    's.yaml:4:20  thresholds[1].rule: expected a time with its unit, got "250"\n    hint: write 250ms or 250s',
  ],
  [
    'a rule on a backend that the lab does not have',
    lab('[127.0.0.1:8001]', 'thresholds: ["share{backend=127.0.0.1:8002} > 5%"]'),
    's.yaml:3:14  thresholds[0]: expected a known backend, got "127.0.0.1:8002"\n    hint: did you mean "127.0.0.1:8001"? known are "127.0.0.1:8001"',
  ],
  [
    'a rule on a request that is not in the mix',
    `${target}requests: [{ name: chat, path: / }]\nthresholds: ["p99{request=chta} < 5ms"]`,
    's.yaml:3:14  thresholds[0]: expected a known request, got "chta"\n    hint: did you mean "chat"? known are "chat"',
  ],
  [
    'source addresses that cannot reach the target',
    'target: http://[::1]:8080\nload: { sourceAddresses: "127.0.0.{1..3}" }',
    's.yaml:2:26  load.sourceAddresses: expected IPv6 source addresses, as the target is reached by IPv6, got "127.0.0.1"',
  ],
  [
    'source addresses for a unix socket',
    'target: "http://unix:/run/a.sock"\nload: { sourceAddresses: 127.0.0.1 }',
    's.yaml:2:9  load.sourceAddresses: expected no source addresses with a unix socket, got some\n    hint: a unix socket has no addresses; nginx sees "unix:" as the client',
  ],
  [
    'a certificate without its key',
    'target: https://a\ntls: { cert: c.pem }',
    's.yaml:2:8  tls.cert: expected tls.key beside tls.cert, got none\n    hint: a client certificate needs both; they may name the same file',
    's.yaml:2:14  tls.cert: expected a PEM file, got "c.pem" without a BEGIN line\n    hint: convert DER with: openssl x509 -inform der -in FILE -out FILE.pem',
  ],
  [
    'certificates and a key that OpenSSL cannot read',
    'target: https://a\ntls: { ca: bad.pem, cert: bad.pem, key: bad.pem }',
    's.yaml:2:12  tls.ca: expected certificates that OpenSSL can read, got none (wrong tag)\n    hint: openssl x509 -in FILE -noout -text must be able to read it',
    's.yaml:2:27  tls.cert: expected a certificate that OpenSSL can read, got none (wrong tag)\n    hint: openssl x509 -in FILE -noout -text must be able to read it',
    's.yaml:2:41  tls.key: expected a private key that OpenSSL can read, got none (unsupported)\n    hint: it must be without a passphrase',
  ],
  [
    'a key that is not the one of its certificate',
    'target: https://a\ntls: { cert: cert.pem, key: other.pem }',
    "s.yaml:2:29  tls.key: expected the certificate's private key, got another one\n    hint: tls.cert and tls.key must belong together",
  ],
  [
    'a variable that the embedded balancer cannot balance by',
    'lab: { balancer: embedded, servers: [127.0.0.1:1] }\nalgorithms: [round_robin, "hash $nope"]',
    's.yaml:2:27  algorithms[1]: expected a variable that depends on the request alone, got "$nope"\n    hint: use $request_uri, $uri, $document_uri, $args, $query_string, $is_args, $request_method, $remote_addr, $binary_remote_addr, $host, $content_type, $content_length, $proxy_add_x_forwarded_for, $arg_NAME, $http_NAME or $cookie_NAME',
  ],
  [
    'a query on a target that requests are appended to',
    'target: http://a/?x=1\nrequests: [{ path: / }]',
    "s.yaml:1:9  target: expected a target without a query when there are requests, got one with it\n    hint: write the query into the requests' paths, which are appended to the target's",
  ],
  ['nothing', '', 's.yaml:1:1  expected a map with target or lab, got nothing'],
  [
    'a key without a value',
    `${target}load:`,
    's.yaml:2:6  load: expected a map such as { requests: 1000, concurrency: 10 }, got nothing',
  ],
];

describe('a fault says where, what was expected, what was found and what to do', () => {
  it.each(rows)('%s', (_, text, ...faults) => {
    expect(faultsOf(text, pemFiles)).toEqual(faults);
  });
});

describe('all faults of a file come at once', () => {
  it('although wrong values stand in the way of what must fit together', () => {
    const text = `target: http://127.0.0.1:99999
load: { concurrency: 0, arrivals: poisson }
requests:
  - { path: nowhere }
  - { name: n, path: /a }
  - { name: n, path: /b, json: 1, text: a }
thresholds: [nonsense, "p99{run=x} < 1ms"]
`;
    expect(faultsOf(text).map((fault) => fault.replace(/\n.*/s, ''))).toEqual([
      's.yaml:1:9  target: expected a port from 1 to 65535, got 99999',
      's.yaml:2:22  load.concurrency: expected an integer of at least 1, got 0',
      's.yaml:2:25  load.arrivals: expected a rate beside arrivals, got none',
      's.yaml:4:13  requests[0].path: expected a path that starts with /, got "nowhere"',
      's.yaml:6:13  requests[2].name: expected a name of its own, got "n" as for requests[1]',
      's.yaml:6:35  requests[2].text: expected one body, got json and text',
      's.yaml:7:14  thresholds[0]: expected a metric, got "nonsense"',
      's.yaml:7:24  thresholds[1]: expected a known run, got "x"',
    ]);
  });

  it.each(['path: nope', 'name: chat'])('also of a request with %s', (start) => {
    const text = `${target}requests: [{ ${start}, json: 1, text: x }, { path: /a }, { path: nope }, { json: 2, file: gone }]\n`;
    expect(faultsOf(text).map((fault) => fault.replace(/^.*? {2}|\n.*/gs, ''))).toEqual([
      start === 'path: nope'
        ? 'requests[0].path: expected a path that starts with /, got "nope"'
        : 'requests[0].path: expected a path that starts with /, got nothing',
      'requests[0].text: expected one body, got json and text',
      'requests[2].path: expected a path that starts with /, got "nope"',
      'requests[3].path: expected a path that starts with /, got nothing',
      'requests[3].file: expected one body, got json and file',
    ]);
  });

  it('and a wrong value does not make what refers to it wrong too', () => {
    const text = `lab:
  servers: [127.0.0.1:8001, 127.0.0.1:8002 wight=2]
  events: [{ at: 1s, backend: 127.0.0.1:8002, do: stop }]
requests: [{ name: chat, path: chat }, { path: / }]
thresholds: ["share{backend=127.0.0.1:8002} > 5%", "p99{request=chat} < 1ms"]
`;
    expect(faultsOf(text).map((fault) => fault.replace(/: expected.*/s, ''))).toEqual([
      's.yaml:2:29  lab.servers[1]',
      's.yaml:4:32  requests[0].path',
    ]);
  });

  it('nor does it take part in a name or a place that it leaves unknown', () => {
    const text = `lab: { servers: [127.0.0.1:8001 wight=2, 127.0.0.1:8002, 127.0.0.1:8002] }
requests:
  - { path: /a }
  - { path: /a, method: "P ST" }
  - { path: /a, weight: none }
  - { path: b }
  - { path: c }
`;
    expect(faultsOf(text).map((fault) => fault.replace(/, got.*/s, ''))).toEqual([
      's.yaml:1:18  lab.servers[0]: expected a parameter of the server directive',
      's.yaml:1:58  lab.servers[2]: expected each server once',
      's.yaml:4:25  requests[1].method: expected an HTTP method such as GET or POST',
      's.yaml:5:5  requests[2]: expected a name of its own',
      's.yaml:5:25  requests[2].weight: expected a number above 0',
      's.yaml:6:13  requests[3].path: expected a path that starts with /',
      's.yaml:7:13  requests[4].path: expected a path that starts with /',
    ]);
  });

  it('and counts the algorithms of a target with the wrong ones', () => {
    expect(faultsOf(`${target}algorithms: [least_conn, nonsense]`)[0]).toContain(
      'expected at most one algorithm with a target, got 2',
    );
  });

  it.each([
    ['chat', undefined],
    ['chat #3', undefined],
    ['chat #4', 'known are "chat", "chat #1", "chat #2", "chat #3"'],
    ['typo', 'known are "chat", "chat #1", "chat #2", "chat #3"'],
  ])('among them a run that three rounds against a target do not have: %s', (run, hint) => {
    const faults = faultsOf(`${target}name: chat\nrepeat: 3\nthresholds: ["p99{run=${run}} < 1s"]`);
    expect(faults.length).toBe(hint === undefined ? 0 : 1);
    expect(faults[0] ?? '').toContain(hint ?? '');
  });

  it.each(['random', 'random #2', 'ip_hash #1'])('and a run of a round of a lab is none: %s', (run) => {
    const lab =
      'lab: { servers: [127.0.0.1:8001, 127.0.0.1:8002] }\nalgorithms: [random, ip_hash]\nrepeat: 2';
    expect(faultsOf(`${lab}\nthresholds: ["p99{run=${run}} < 1s"]`)).toEqual([]);
  });

  it('nor is a run whose name, rounds or algorithms are wrong themselves', () => {
    for (const wrong of ['repeat: none', 'algorithms: [nonsense]', 'name: 5'])
      expect(faultsOf(`${target}${wrong}\nthresholds: ["p99{run=x #2} < 1s"]`)).toHaveLength(1);
  });

  it('up to 200, however many there are', () => {
    const keys = Array.from({ length: 1000 }, (_, index) => `k${index}: 1`).join('\n');
    const faults = faultsOf(`${target}${keys}`);
    expect(faults).toHaveLength(201);
    expect(faults[200]).toBe('s.yaml  expected a scenario with fewer faults, got 800 more than shown here');
  });

  it('and never repeat a password', () => {
    for (const text of [
      'target: http://alice:s3cr3t@host:99999/',
      'target: http://alice:s3cr3t@ho st/',
      'target: https://alice:s3cr3t@',
      'target: alice:s3cr3t@host',
      'target: http://ali:s3cr3t%zz@host',
      `${target}auth: { user: "a:b", password: "s3cr3t\\n" }`,
      `${target}cookies: { session: "s3cr3t;x" }`,
      `${target}headers: { X-Api-Key: "s3cr3t\\u0000" }`,
    ]) {
      const loaded = load(text);
      expect(loaded.ok, text).toBe(false);
      expect(JSON.stringify(loaded), text).not.toContain('s3cr3t');
    }
  });
});

it('shows the name of a file without what would act on a terminal', () => {
  const file = 'a\u001b[31m\u202eb.yaml';
  expect(faultText({ file, line: 1, path: '', message: 'expected a map' })).toBe(
    'a\ufffd[31m\ufffdb.yaml:1  expected a map',
  );
});
