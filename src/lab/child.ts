import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LbbenchError } from '../model/fault.js';
import type { Argument, CallMessage, ReplyMessage, Result } from './calls.js';
import { printable } from './printable.js';

/** How much of what a child wrote to stderr is kept for messages, in UTF-16 units. */
const stderrKept = 8_192;
/** A child that does not leave within this time after being let go is killed. */
const leaveLimitMs = 5_000;

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A process that lbbench started from one of its own modules, and calls by name.
 *
 * It runs in a session of its own, so that Ctrl-C in the terminal reaches only the parent, which may then finish in
 * order. It ends when the channel to it closes: by `stop`, or by the parent's death of whatever kind.
 */
export class Child<C extends object> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #lastId = 0;
  #stderr = '';
  #gone = false;

  /**
   * @param name what to call it in messages: `the demo backend 127.0.0.1:8001`
   * @param moduleUrl the module to run, as compiled: `new URL('./main.js', import.meta.url)`
   */
  constructor(
    readonly name: string,
    moduleUrl: URL,
  ) {
    this.#process = fork(compiled(moduleUrl), {
      execArgv: [],
      detached: true,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrKept);
    });
    this.#process.on('message', (message) => this.#settle(message as ReplyMessage));
    this.#exited = ended(this.#process);
    void this.#exited.then(() => {
      this.#gone = true;
      for (const { reject, timer } of this.#waiting.values()) {
        clearTimeout(timer);
        reject(this.#failure('has ended'));
      }
      this.#waiting.clear();
    });
  }

  /** Process id; `undefined` when it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Settles when the process has ended, for whatever reason. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /**
   * Calls a function in the child.
   *
   * @throws {LbbenchError} what the child reported, or `unmeasurable` when it has ended or does not answer in time
   */
  call<N extends keyof C & string>(
    name: N,
    argument: Argument<C, N>,
    limitMs = 10_000,
  ): Promise<Result<C, N>> {
    if (this.#gone || !this.#process.connected) return Promise.reject(this.#failure('has ended'));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(this.#failure(`did not answer "${name}" within ${limitMs} ms`));
      }, limitMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#process.send({ id, name, argument } satisfies CallMessage, () => {});
    });
  }

  /** Lets the child go and waits until it has ended; kills it if it does not. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), leaveLimitMs);
    await this.#exited;
    clearTimeout(timer);
  }

  #settle(message: ReplyMessage): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if ('value' in message) waiting.resolve(message.value as never);
    else if ('faults' in message) waiting.reject(new LbbenchError(message.kind, message.faults));
    else waiting.reject(new Error(`${this.name} failed: ${message.stack}`));
  }

  #failure(what: string): LbbenchError {
    const said = printable(this.#stderr);
    return new LbbenchError('unmeasurable', [
      {
        path: 'lab',
        message: `expected ${this.name} to be running, but it ${what}${said === '' ? '' : `: ${said}`}`,
      },
    ]);
  }
}

/**
 * Settles when a process has ended and its last words have arrived. Not by `close`, which Node does not emit when it was
 * the parent that disconnected.
 */
function ended(process: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    process.once('error', () => resolve());
    process.once('exit', () => {
      if (process.stderr === null || process.stderr.closed) resolve();
      else process.stderr.once('close', resolve);
    });
  });
}

/** Children run compiled JavaScript. When this code runs from its sources, as in tests, that is the build beside them. */
function compiled(moduleUrl: URL): string {
  const path = fileURLToPath(moduleUrl);
  return import.meta.url.endsWith('.ts') ? path.replace(/([\\/])src([\\/]lab[\\/])/, '$1dist$2') : path;
}
