import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How much of nginx's stderr is kept, in UTF-16 units. */
const stderrKept = 8_192;

/**
 * Owns nginx and its folder. It lives in a process that ends when lbbench does, however that happens, so that neither
 * can be left behind: nginx itself would not notice.
 */
export class Guardian {
  readonly folder: string;
  #nginx: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  /** Whether the master lives. */
  #running = false;
  /** Whether a worker may live, which holds nginx's stderr as the master does. */
  #open = false;
  #stderr = '';

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'lbbench-'));
  }

  get status(): { readonly running: boolean; readonly stderr: string } {
    return { running: this.#running, stderr: this.#stderr };
  }

  /** Starts nginx in the foreground and in a process group of its own; tells the master's process id. */
  launch(path: string, args: readonly string[]): number | undefined {
    const nginx = spawn(path, args, {
      cwd: this.folder,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#nginx = nginx;
    this.#running = true;
    this.#open = true;
    this.#stderr = '';
    nginx.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrKept);
    });
    this.#ended = new Promise((resolve) => {
      const end = () => {
        this.#running = false;
        this.#open = false;
        resolve();
      };
      nginx.once('exit', () => {
        this.#running = false;
      });
      nginx.once('error', end);
      nginx.once('close', end);
    });
    return nginx.pid;
  }

  /** Sends each signal in turn and waits as long as it says, until nginx has ended; at last kills master and workers. */
  async stop(signals: readonly (readonly [signal: NodeJS.Signals, waitMs: number])[]): Promise<void> {
    const pid = this.#nginx?.pid;
    if (pid === undefined) return;
    for (const [signal, waitMs] of signals) {
      if (!this.#running) break;
      this.#nginx?.kill(signal);
      await Promise.race([this.#ended, sleep(waitMs, undefined, { ref: false })]);
    }
    if (!this.#open) return;
    killGroup(pid);
    await this.#ended;
  }

  /** Removes the folder with everything in it. */
  clean(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Ends every process of a group; there may be none left. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The last of them ended in between.
  }
}
