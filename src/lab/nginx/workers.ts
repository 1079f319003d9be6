import { closeSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';

const pieceBytes = 65_536;

/**
 * The workers that nginx has started, and those that were killed, from its error log at level `notice`:
 *
 *     2026/11/22 10:04:04 [notice] 71#71: start worker process 72
 *     2026/11/22 10:04:05 [alert] 71#71: worker process 72 exited on signal 9
 *
 * The log may grow long when backends fail, so it is read in pieces and only once.
 */
export class WorkerLog {
  readonly #path: string;
  readonly #started: number[] = [];
  #crashes: string[] = [];
  readonly #piece = Buffer.alloc(pieceBytes);
  #offset = 0;
  /** The last line, as far as it was written; cut to what can still matter. */
  #partial = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Process ids of all workers ever started; none while there is no log. */
  started(): readonly number[] {
    this.#read();
    return this.#started;
  }

  /** How workers have ended that were not told to, since this was asked last: one sentence each. */
  takeCrashes(): readonly string[] {
    this.#read();
    const crashes = this.#crashes;
    this.#crashes = [];
    return crashes;
  }

  #read(): void {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch {
      return;
    }
    try {
      for (;;) {
        const bytes = readSync(file, this.#piece, 0, pieceBytes, this.#offset);
        if (bytes === 0) return;
        this.#offset += bytes;
        this.#take(this.#piece.toString('latin1', 0, bytes));
      }
    } finally {
      closeSync(file);
    }
  }

  #take(text: string): void {
    const lines = (this.#partial + text).split('\n');
    this.#partial = (lines.pop() ?? '').slice(0, 1_024);
    for (const line of lines) {
      const pid = /^\S+ \S+ \[notice\] \d+#\d+: start worker process (\d+)$/.exec(line)?.[1];
      if (pid !== undefined) this.#started.push(Number(pid));
      const signal = /^\S+ \S+ \[alert\] \d+#\d+: worker process \d+ exited on signal (\d+)/.exec(line)?.[1];
      if (signal !== undefined && this.#crashes.length < mostCrashes)
        this.#crashes.push(`a worker was ended by ${signalName(Number(signal))}, and another took its place`);
    }
  }
}

/** Told of at most: a worker that crashes at each request is one trouble. */
const mostCrashes = 10;

function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}

/** Whether a process exists, even if it is another user's. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
