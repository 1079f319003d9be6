import { closeSync, openSync, writeSync } from 'node:fs';

/**
 * An access log file. The lines of one turn of the event loop are written at once, so a line is in the file before
 * the next response is read.
 */
export class AccessLog {
  readonly #file: number;
  #pending = '';

  constructor(path: string) {
    this.#file = openSync(path, 'a', 0o600);
  }

  append(line: string): void {
    if (this.#pending === '') setImmediate(() => this.#flush());
    this.#pending += `${line}\n`;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#pending !== '') writeSync(this.#file, this.#pending);
    this.#pending = '';
  }
}
