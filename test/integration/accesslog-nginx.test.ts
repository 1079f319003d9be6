import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLog } from '../../src/accesslog/read-log.js';
import { findNginx } from '../../src/lab/nginx/find.js';
import { readConfiguration } from '../../src/run/simulate/read-pool.js';
import { freePorts } from '../lab/free-port.js';
import { isListening } from '../listening.js';
import { describeWithNginx } from './real-nginx.js';

const first =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for" to: $upstream_addr';
const formats = {
  first: { text: first },
  second: { text: first.replace('$remote_addr', '$remote_addr:$remote_port $request_uri') },
  json: {
    text: '{"t":"$time_iso8601","req":"$request","st":$status,"ua":"$http_user_agent","up":"$upstream_addr","us":"$upstream_status","urt":"$upstream_response_time","uct":"$upstream_connect_time","uht":"$upstream_header_time","rt":$request_time}',
    escape: 'json',
  },
  bars: {
    text: '$msec|$request_method|$upstream_addr|$upstream_status|$upstream_header_time|$upstream_response_time|$status',
  },
  none: { text: '[$time_local] "$uri" $status "$http_user_agent" to: $upstream_addr', escape: 'none' },
} as const;

/** What the backends and the client counted while nginx wrote the logs. */
const received: Record<string, number> = {};
const served: Record<string, number> = {};
const statuses: Record<string, number> = {};
let requests = 0;
let aborted = 0;
let dead = '';
let folder = '';
const servers: Server[] = [];

/** A backend that fails, closes, refuses or dawdles as the path says. */
async function backend(listen: { port: number; host: string } | string, address: string): Promise<void> {
  const server = createServer((incoming, response) => {
    received[address] = (received[address] ?? 0) + 1;
    const path = incoming.url ?? '';
    response.setHeader('X-Backend', address);
    if (path.startsWith('/close')) incoming.socket.destroy();
    else if (path.startsWith('/refuse')) response.writeHead(503).end('no');
    else if (path.startsWith('/missing') && !address.startsWith('[')) response.writeHead(404).end('none');
    else if (path.startsWith('/slow')) setTimeout(() => response.end('late'), 400);
    else response.end('ok');
  });
  servers.push(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen, resolve);
  });
}

function ask(port: number, path: string, headers: Record<string, string>, agent: Agent): Promise<void> {
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port, path, headers, agent }, (response) => {
      const status = String(response.statusCode);
      statuses[status] = (statuses[status] ?? 0) + 1;
      const by = response.headers['x-backend'];
      if (typeof by === 'string') served[by] = (served[by] ?? 0) + 1;
      response.resume().on('end', resolve);
    });
    outgoing.on('error', () => {
      aborted++;
      resolve();
    });
    outgoing.end();
    requests++;
    // Sent, so that nginx has something to give up.
    if (path.startsWith('/slow')) outgoing.on('finish', () => setTimeout(() => outgoing.destroy(), 100));
  });
}

describeWithNginx('logs that real nginx wrote with three workers', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lbbench-logs-'));
    mkdirSync(join(folder, 'so ck'));
    const socket = join(folder, 'so ck', 'a.sock');
    const [port = 0, one = 0, six = 0, gone = 0] = await freePorts(4);
    dead = `127.0.0.1:${gone}`;
    await backend({ port: one, host: '127.0.0.1' }, `127.0.0.1:${one}`);
    await backend({ port: six, host: '::1' }, `[::1]:${six}`);
    await backend(socket, `unix:${socket}`);
    const config = `
      daemon off; worker_processes 3; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      events { worker_connections 512; }
      http {
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
        ${Object.entries(formats)
          .map(([name, format]) => {
            const mode = 'escape' in format ? `escape=${format.escape}` : '';
            return `log_format ${name} ${mode} '${format.text}'; access_log ${folder}/${name}.log ${name};`;
          })
          .join('\n')}
        upstream pool {
          server 127.0.0.1:${one} max_fails=0; server "unix:${socket}" max_fails=0; server ${dead} max_fails=0;
        }
        upstream fallback { server [::1]:${six} max_fails=0; }
        upstream nobody { server ${dead} down; server 127.0.0.1:${one} down; }
        server {
          listen 127.0.0.1:${port};
          location / {
            proxy_pass http://pool; proxy_next_upstream error http_503;
            proxy_intercept_errors on; error_page 404 = @fallback;
          }
          location @fallback { proxy_pass http://fallback; }
          location /nobody { proxy_pass http://nobody; }
          location /local { return 200 "l"; }
        }
      }`;
    writeFileSync(join(folder, 'nginx.conf'), config);
    const binary = (await findNginx(undefined, process.env.PATH))?.path ?? 'nginx';
    const nginx = spawn(binary, ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', `${folder}/error.log`], {
      stdio: 'ignore',
    });
    const exited = once(nginx, 'exit');
    try {
      for (let tries = 0; !(await isListening({ port, host: '127.0.0.1' })); tries++) {
        if (nginx.exitCode !== null || tries > 500) throw new Error('nginx did not start');
        await sleep(10);
      }
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      const kinds = [
        '/ok',
        '/ok?x=1',
        '/close',
        '/refuse',
        '/missing',
        '/local',
        '/nobody',
        '/a%0Ab%22',
        '/slow',
      ];
      const agents = [
        'x',
        `evil" to: ${dead}`,
        'back\\slash',
        'tab\there',
        '" 200 5 "-" "-" "-" to: 1.2.3.4:5',
      ];
      await Promise.all(
        Array.from({ length: 270 }, (_, i) =>
          ask(port, kinds[i % kinds.length] ?? '/', { 'User-Agent': agents[i % agents.length] ?? '' }, agent),
        ),
      );
      agent.destroy();
      // Aborted requests are still on their way to the backends' log lines.
      await sleep(500);
    } finally {
      nginx.kill('SIGQUIT');
      await exited;
    }
  });
  afterAll(() => {
    for (const server of servers) server.close();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  it('are about all that was meant to happen', () => {
    expect(requests).toBe(270);
    expect(aborted).toBe(30);
    expect(Object.keys(received)).toHaveLength(3);
  });

  it.each(Object.entries(formats))('say in the format %s what each backend counted', async (name, format) => {
    const result = await readLog({ paths: [join(folder, `${name}.log`)], format });
    expect(result.unmatched).toEqual({ count: 0, first: [] });
    expect(result.records).toBe(requests);
    const { [dead]: failed = 0, ...attempts } = Object.fromEntries(result.attempts ?? []);
    expect(attempts).toEqual(received);
    // A third of the 60 /ok, and every /close and /refuse that tried all three.
    expect(failed).toBeGreaterThan(50);
    expect(result.noLiveUpstreams).toBe(30);
    expect(result.tally.counters.notProxied).toBe(30);
    // 499 is what nginx logs where the client got nothing.
    const { 499: gaveUp, ...rest } = result.tally.statusCounts();
    expect([gaveUp, rest]).toEqual([aborted, statuses]);
  });

  it.each(['json', 'bars'] as const)('say in the format %s what the client was served', async (name) => {
    const result = await readLog({ paths: [join(folder, `${name}.log`)], format: formats[name] });
    expect(Object.fromEntries(result.servedFinal ?? [])).toEqual(served);
    const { tally } = result;
    for (const cell of tally.cells.slice(1)) expect(cell.clocks.service.count).toBe(cell.count);
    // nginx writes a time for an attempt that the client gave up, too.
    expect(tally.overall('service').count).toBe(
      tally.cells.slice(1).reduce((sum, { count }) => sum + count, 0),
    );
  });

  it('are recognised where their format can be', async () => {
    for (const name of ['first', 'second', 'json'] as const) {
      const path = join(folder, `${name}.log`);
      const told = await readLog({ paths: [path], format: formats[name] });
      const recognised = await readLog({ paths: [path] });
      expect(recognised.attempts).toEqual(told.attempts);
    }
    const byConf = await readLog({
      paths: [join(folder, 'none.log')],
      format: { config: readConfiguration(join(folder, 'nginx.conf')) },
    });
    expect(byConf.format.text).toBe(formats.none.text);
  });
});
