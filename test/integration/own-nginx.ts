import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { workerAccount } from '../../src/lab/nginx/account.js';
import { freePorts } from '../lab/free-port.js';
import { isListening } from '../listening.js';

/** What must be as before: content, and whose and what kind of file it is. */
export interface Snapshot {
  readonly names: readonly string[];
  readonly bytes: string;
  readonly inode: number;
  readonly mode: number;
  readonly changedMs: number;
}

/** An nginx as a user has it: a main file, and a site that it includes, over the user's own backends. */
export class OwnNginx {
  readonly folder = mkdtempSync(join(tmpdir(), 'lbbench-own-'));
  readonly conf = join(this.folder, 'nginx.conf');
  /** The folder that `include conf.d/*` takes everything from. */
  readonly sites = join(this.folder, 'conf.d');
  readonly site = join(this.sites, 'backend.conf');
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(
    readonly port: number,
    backends: readonly string[],
    method: string,
  ) {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${this.folder}/${name};`,
    );
    const account = workerAccount();
    mkdirSync(this.sites);
    // One worker, so that turns can be told.
    writeFileSync(
      this.conf,
      `${account === undefined ? '' : `user ${account};\n`}daemon off;
worker_processes 1;
pid ${this.folder}/nginx.pid;
error_log ${this.folder}/error.log notice;
events {}
http {
  access_log off;
  ${temporary.join('\n  ')}
  include conf.d/*;
}
`,
    );
    writeFileSync(
      this.site,
      `# Ours since 2019; é \\x00
upstream backend {
\t${method}  # as agreed
${backends.map((address) => `\tserver ${address} max_fails=0;\r\n`).join('')}}
server {
  listen 127.0.0.1:${port};
  add_header X-Upstream $upstream_addr always;
  location / { proxy_pass http://backend; }
}
`,
    );
    this.#child = spawn('nginx', ['-p', this.folder, '-c', this.conf, '-e', `${this.folder}/error.log`], {
      stdio: 'ignore',
    });
    this.#exited = once(this.#child, 'exit');
  }

  static async start(backends: readonly string[], method = ''): Promise<OwnNginx> {
    const [port = 0] = await freePorts(1);
    const nginx = new OwnNginx(port, backends, method);
    while (!(await isListening({ host: '127.0.0.1', port }))) {
      if (nginx.#child.exitCode !== null) throw new Error(readFileSync(`${nginx.folder}/error.log`, 'utf8'));
      await sleep(10);
    }
    return nginx;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** How often its master has read the configuration again. */
  get reloads(): number {
    return [...readFileSync(`${this.folder}/error.log`, 'utf8').matchAll(/: reconfiguring$/gm)].length;
  }

  snapshot(): Snapshot {
    const { ino: inode, mode, mtimeMs: changedMs } = statSync(this.site);
    return {
      names: readdirSync(this.sites).sort(),
      bytes: readFileSync(this.site, 'latin1'),
      inode,
      mode,
      changedMs,
    };
  }

  /** Who answers requests for one path, one after the other. */
  async served(count: number, path = '/'): Promise<readonly string[]> {
    const answers: string[] = [];
    for (let sent = 0; sent < count; sent++) answers.push(await this.#get(path));
    return answers;
  }

  async stop(): Promise<void> {
    if (this.isRunning) this.#child.kill('SIGTERM');
    await this.#exited;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #get(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: this.port, path, agent: false });
      sent.once('error', reject);
      sent.once('response', (response) => {
        response.resume();
        const upstream = response.headers['x-upstream'];
        response.once('end', () => resolve(response.statusCode === 200 ? String(upstream) : 'an error'));
      });
      sent.end();
    });
  }
}
