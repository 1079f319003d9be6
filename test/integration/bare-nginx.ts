import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Directive, directive } from '../../src/nginx/config/directive.js';
import { printConfig } from '../../src/nginx/config/print.js';
import { isListening } from '../listening.js';

/** Found on the PATH. */
const program = 'nginx';

/** Runs a bare nginx of one process in a folder of its own, without anything of the lab in between. */
export class BareNginx {
  readonly folder = mkdtempSync(join(tmpdir(), 'lbbench-nginx-'));
  /** Where it listens for the tests. */
  readonly socket = join(this.folder, 'nginx.sock');

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The file that it was built to read. */
  defaultConfig(): string {
    const { stderr } = spawnSync(program, ['-V'], { encoding: 'utf8' });
    return /--conf-path=(\S+)/.exec(stderr)?.[1] ?? '';
  }

  /** Whether nginx -t takes a configuration. */
  accepts(config: string): boolean {
    return spawnSync(program, [...this.argumentsFor(config), '-t'], { stdio: 'ignore' }).status === 0;
  }

  /** A whole configuration around what stands in http. */
  configAround(http: readonly Directive[]): string {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) =>
      directive(`${name}_temp_path`, [join(this.folder, name)]),
    );
    return printConfig([
      directive('daemon', ['off']),
      directive('master_process', ['off']),
      directive('pid', [join(this.folder, 'nginx.pid')]),
      directive('error_log', [join(this.folder, 'error.log')]),
      directive('events', [], []),
      directive('http', [], [directive('access_log', ['off']), ...temporary, ...http]),
    ]);
  }

  /** Serves these locations for as long as `use` takes; `beside` is what else stands in http. */
  async serve<T>(
    locations: readonly Directive[],
    beside: readonly Directive[],
    use: (pid: number) => Promise<T>,
  ): Promise<T> {
    const server = directive('server', [], [directive('listen', [`unix:${this.socket}`]), ...locations]);
    const config = this.configAround([...beside, server]);
    const child = spawn(program, this.argumentsFor(config), { stdio: 'ignore' });
    const exited = once(child, 'exit');
    try {
      while (!(await isListening({ path: this.socket }))) {
        if (child.exitCode !== null) throw new Error(`nginx did not start with\n${config}`);
        await sleep(10);
      }
      return await use(child.pid ?? 0);
    } finally {
      child.kill('SIGQUIT');
      await exited;
    }
  }

  /** The status, header block and body that a raw request gets, one character a byte. */
  async exchange(request: string): Promise<{ status: number; head: string; body: string }> {
    const connection = createConnection(this.socket);
    // Not ended: nginx gives a proxied request up when the client closes its half.
    connection.write(Buffer.from(request, 'latin1'));
    const chunks: Buffer[] = [];
    for await (const chunk of connection) chunks.push(chunk);
    const response = Buffer.concat(chunks).toString('latin1');
    const end = response.indexOf('\r\n\r\n');
    return {
      status: Number(response.slice(9, 12)),
      head: response.slice(0, end),
      body: response.slice(end + 4),
    };
  }

  private argumentsFor(config: string): readonly string[] {
    const file = join(this.folder, 'nginx.conf');
    writeFileSync(file, config);
    return ['-p', this.folder, '-c', file, '-e', join(this.folder, 'error.log')];
  }
}
