import { closeSync, openSync, readSync } from 'node:fs';

const pieceBytes = 65_536;

/**
 * The workers that nginx has started, from its error log at level `notice`:
 * `2026/11/22 10:04:04 [notice] 71#71: start worker process 72`. The log may grow long when backends fail, so it is
 * read in pieces and only once.
 */
export class WorkerLog {
  readonly #path: string;
  readonly #started: number[] = [];
  readonly #piece = Buffer.alloc(pieceBytes);
  #offset = 0;
  /** The last line, as far as it was written; cut to what can still matter. */
  #partial = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Process ids of all workers ever started; none while there is no log. */
  started(): readonly number[] {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch {
      return this.#started;
    }
    try {
      for (;;) {
        const bytes = readSync(file, this.#piece, 0, pieceBytes, this.#offset);
        if (bytes === 0) return this.#started;
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
    }
  }
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
