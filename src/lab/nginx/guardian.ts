import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { killGroup } from '../child.js';
import { removeFolder } from '../folder.js';

/** How much of nginx's stderr is kept, in UTF-16 units. */
const stderrKept = 8_192;
const lastWordsMs = 50;

export interface NginxStatus {
  /** Whether the master lives. */
  readonly running: boolean;
  /** What has ended it; `undefined` when it was none. */
  readonly signal: NodeJS.Signals | undefined;
  readonly stderr: string;
}

/**
 * Owns nginx and its folder. It lives in a process that ends when lbbench does, however that happens, so that neither
 * can be left behind: nginx itself would not notice. nginx stays in the guardian's process group, so that whoever is left
 * of lbbench and the guardian can end master and workers, also those of a master that was killed.
 */
export class Guardian {
  #nginx: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #running = false;
  #signal: NodeJS.Signals | undefined;
  #stderr = '';

  constructor(readonly folder: string) {}

  get status(): NginxStatus {
    return { running: this.#running, signal: this.#signal, stderr: this.#stderr };
  }

  /** Starts nginx in the foreground; tells the master's process id. */
  launch(path: string, args: readonly string[]): number | undefined {
    const nginx = spawn(path, args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#nginx = nginx;
    this.#running = true;
    this.#signal = undefined;
    this.#stderr = '';
    nginx.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrKept);
    });
    this.#ended = new Promise((resolve) => {
      const end = () => {
        this.#running = false;
        resolve();
      };
      nginx.once('error', ({ message }) => {
        this.#stderr = message;
        end();
      });
      nginx.once('exit', (_, signal) => {
        this.#signal = signal ?? undefined;
        // Its last words may still be under way, and workers that outlive it hold the pipe open.
        nginx.stderr?.once('end', end);
        setTimeout(end, lastWordsMs);
      });
    });
    return nginx.pid;
  }

  /** Settles when the master has ended, for whatever reason. */
  async ended(): Promise<NginxStatus> {
    await this.#ended;
    return this.status;
  }

  /** Sends the master each signal in turn and waits as long as it says, until it has ended. */
  async stop(signals: readonly (readonly [signal: NodeJS.Signals, waitMs: number])[]): Promise<void> {
    for (const [signal, waitMs] of signals) {
      if (!this.#running) return;
      this.#nginx?.kill(signal);
      await Promise.race([this.#ended, sleep(waitMs, undefined, { ref: false })]);
    }
  }

  /** Removes the folder with everything in it, and ends whatever is left of nginx, and this process with it. */
  leave(): void {
    removeFolder(this.folder);
    killGroup(process.pid);
  }
}
