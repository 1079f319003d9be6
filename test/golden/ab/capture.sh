#!/bin/sh
# Captures what the real ab prints, together with the microseconds it printed it from. See README.md.
# Needs ab, cc, openssl and node; listens on 127.0.0.1:18080 and 18443.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cc -shared -fPIC -O1 -o "$work/record.so" "$here/record.c"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 2 \
  -subj /CN=localhost 2>"$work/openssl.log"
printf 'a=1&b=2' >"$work/post.txt"
HERE=$here WORK=$work node --input-type=module - <<'NODE'
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const { HERE: here, WORK: work } = process.env;
let turn = 0;
const handler = (request, response) => {
  request.resume().on('end', () => {
    response.sendDate = false;
    response.setHeader('Server', 'demo/1.0 (extra words)');
    let body = 'hello, world\n';
    turn += 1;
    if (request.url.startsWith('/varying')) body = 'x'.repeat(100 + (turn % 3));
    if (request.url.startsWith('/mixed') && turn % 4 === 0) [response.statusCode, body] = [500, 'sorry'];
    if (request.url.startsWith('/anonymous')) response.removeHeader('Server');
    if (request.url.startsWith('/reset') && turn % 10 === 5) return request.socket.resetAndDestroy();
    response.setHeader('Content-Length', body.length);
    response.end(body);
  });
};
const plain = http.createServer(handler).listen(18080, '127.0.0.1');
const tls = https
  .createServer({ key: readFileSync(`${work}/key.pem`), cert: readFileSync(`${work}/cert.pem`) }, handler)
  .listen(18443, '127.0.0.1');

const url = 'http://127.0.0.1:18080';
const post = ['-p', `${work}/post.txt`, '-T', 'application/x-www-form-urlencoded'];
/** name, ab's arguments, seed of the clock, largest jump of the clock in microseconds. */
const cases = [
  ['plain', ['-n', '20', '-c', '3', `${url}/hello`], 1, 5000],
  ['odd', ['-n', '21', '-c', '4', `${url}/hello`], 2, 5000],
  ['one', ['-n', '1', `${url}/hello`], 3, 5000],
  ['keep-alive', ['-k', '-n', '30', '-c', '5', `${url}/hello?q=1`], 4, 20000],
  ['no-estimators', ['-S', '-n', '25', '-c', '5', `${url}/hello`], 5, 300000],
  ['no-percentages', ['-d', '-n', '25', '-c', '5', `${url}/hello`], 6, 300000],
  ['bare', ['-d', '-S', '-n', '10', '-c', '2', `${url}/hello`], 7, 5000000],
  ['variable', ['-l', '-n', '30', '-c', '3', `${url}/varying`], 8, 5000],
  ['length-failures', ['-n', '30', '-c', '3', `${url}/varying`], 9, 5000],
  ['non-2xx', ['-k', '-n', '40', '-c', '4', `${url}/mixed`], 10, 50000],
  ['resets', ['-r', '-n', '40', '-c', '4', `${url}/reset`], 11, 5000],
  ['post', [...post, '-n', '30', '-c', '3', `${url}/hello`], 12, 5000],
  ['put-keep-alive', ['-k', '-u', `${work}/post.txt`, '-n', '12', '-c', '2', `${url}/mixed`], 13, 5000],
  ['head', ['-i', '-n', '10', '-c', '2', `${url}/anonymous`], 14, 5000],
  ['progress', ['-n', '200', '-c', '8', `${url}/hello`], 15, 40000],
  ['progress-html', ['-w', '-n', '160', '-c', '8', `${url}/hello`], 16, 40000],
  ['quiet', ['-q', '-n', '200', '-c', '8', `${url}/hello`], 17, 1000],
  ['html', ['-w', '-n', '25', '-c', '5', `${url}/hello`], 18, 90000],
  ['html-all', [...post, '-k', '-x', 'border=1', '-y', 'class="r"', '-z', 'align=left', '-n', '40', '-c', '4', `${url}/mixed`], 19, 90000],
  ['html-variable', ['-l', '-w', '-n', '11', '-c', '1', `${url}/varying`], 20, 5000],
  ['tls', ['-n', '10', '-c', '2', 'https://localhost:18443/hello'], 21, 9000],
  ['tls-address', ['-f', 'TLS1.2', '-n', '10', '-c', '2', 'https://127.0.0.1:18443/hello'], 22, 9000],
  ['proxy', ['-X', '127.0.0.1:18080', '-n', '10', '-c', '2', 'http://balancer.example:81/hello'], 23, 9000],
  ['unreliable', ['-k', '-n', '3', `${url}/hello`], 90, 3000],
  ['doubtful', ['-k', '-n', '9', `${url}/hello`], 19, 3000],
  ['doubtful-connect', ['-k', '-n', '3', `${url}/hello`], 80, 3000],
];

const ab = (args, env) =>
  new Promise((resolve) =>
    execFile('ab', args, { cwd: work, env }, (error, stdout, stderr) => resolve({ error, stdout, stderr })),
  );
const number = (text, label) => {
  const match = new RegExp(`${label}:(?:</th><td [^>]*>)?\\s*(\\d+)`).exec(text);
  return match ? Number(match[1]) : undefined;
};
const decimal = (text, label) => new RegExp(`${label}:(?:</th><td [^>]*>)?\\s*([\\d.]+)`).exec(text)?.[1];

for (const [name, args, seed, jump] of cases) {
  turn = 0;
  const requests = args[args.indexOf('-n') + 1];
  const outputs = ['-e', 'percentages.csv', '-g', 'samples.tsv'];
  writeFileSync(`${work}/percentages.csv`, '');
  writeFileSync(`${work}/samples.tsv`, '');
  const { error, stdout, stderr } = await ab([...outputs, ...args], {
    PATH: process.env.PATH,
    TZ: 'UTC',
    LD_PRELOAD: `${work}/record.so`,
    AB_RECORD: `${work}/record.txt`,
    AB_SAMPLES: requests,
    AB_CLOCK: String(seed),
    AB_JUMP: String(jump),
  });
  if (error) throw error;
  const lines = readFileSync(`${work}/record.txt`, 'utf8').trim().split('\n').map((line) => line.split(' '));
  const clock = lines.filter(([kind]) => kind === 'clock').map(([, us]) => Number(us));
  const samples = lines.filter(([kind]) => kind === 'sample').map(([, ...us]) => us.map(Number));
  const complete = number(stdout, 'Complete requests');
  const timeTakenUs = clock
    .slice(-8)
    .map((us) => us - clock[0])
    .findLast(
      (us) =>
        (us / 1e6).toFixed(3) === decimal(stdout, 'Time taken for tests') &&
        (complete / (us / 1e6)).toFixed(2) === decimal(stdout, 'Requests per second'),
    );
  if (timeTakenUs === undefined) throw new Error(`${name}: no two clock readings give ab's rate`);
  const failed = /\(Connect: (\d+), (?:Receive: (\d+), )?Length: (\d+), Exceptions: (\d+)\)/.exec(stdout);
  const counts = {
    documentLengthBytes: number(stdout, 'Document Length'),
    complete,
    failed: failed ? failed.slice(1).map((text) => Number(text ?? 0)) : [0, 0, 0, 0],
    writeErrors: number(stdout, 'Write errors') ?? 0,
    non2xx: number(stdout, 'Non-2xx responses') ?? 0,
    keepAliveRequests: number(stdout, 'Keep-Alive requests'),
    transferredBytes: number(stdout, 'Total transferred'),
    sentBytes: number(stdout, 'Total body sent'),
    bodyBytes: number(stdout, 'HTML transferred'),
    tlsProtocol: /^SSL\/TLS Protocol: +(.*)$/m.exec(stdout)?.[1],
    tlsKey: /^Server Temp Key: +(.*)$/m.exec(stdout)?.[1],
  };
  const given = args.map((text) => (text.startsWith(work) ? text.slice(work.length + 1) : text));
  const captured = {
    args: given,
    timeTakenUs,
    counts,
    stdout,
    stderr,
    csv: readFileSync(`${work}/percentages.csv`, 'utf8'),
    tsv: readFileSync(`${work}/samples.tsv`, 'utf8'),
    samplesUs: { order: ['start', 'connect', 'total', 'wait'], rows: 'ROWS' },
  };
  const rows = samples.map((row) => `      ${JSON.stringify(row)}`).join(',\n');
  writeFileSync(
    `${here}/${name}.json`,
    `${JSON.stringify(captured, null, 2).replace('"ROWS"', `[\n${rows}\n    ]`)}\n`,
  );
}
plain.close();
tls.close();
plain.closeAllConnections();
tls.closeAllConnections();
NODE
rm -r "$work"
