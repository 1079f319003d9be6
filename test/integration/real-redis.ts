import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { isListening } from '../listening.js';

const required = process.env.LBBENCH_REQUIRE_ALL === '1';
const isThere = (() => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

if (!isThere && !required) {
  console.warn('redis-server is not installed: the tests of fleets are left out (apt install redis-server)');
}

/** A `describe` for tests with a real Redis. Without one they are left out, or fail under LBBENCH_REQUIRE_ALL=1. */
export const describeWithRedis = describe.skipIf(!isThere && !required);

/** A Redis of the test's own, on a socket in a folder that goes with it. */
export class RealRedis {
  readonly folder = mkdtempSync(join(tmpdir(), 'lbbench-redis-'));
  readonly url = join(this.folder, 'redis.sock');
  #server: ChildProcess | undefined;

  /** @param options as on redis-server's command line: `--maxmemory 2mb` in two words */
  async start(options: readonly string[] = []): Promise<this> {
    const args = ['--port', '0', '--unixsocket', this.url, '--save', '', '--dir', this.folder, ...options];
    this.#server = spawn('redis-server', args, { stdio: 'ignore' });
    while (!(await isListening({ path: this.url }))) {
      if (this.#server.exitCode !== null) throw new Error('redis-server ended at once');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this;
  }

  /** Ends it, as `kill -9` does. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
