import { type ChildProcess, fork } from 'node:child_process';
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
  readonly timer: NodeJS.Timeout | undefined;
}

/** Those that run. */
const running = new Set<ChildProcess>();
// Each of them leaves when this process has ended. One that somebody has stopped could not.
process.once('exit', () => running.forEach(wake));

/**
 * A process that lbbench started from one of its own modules, and calls by name.
 *
 * It runs in a session of its own, so that Ctrl-C in the terminal reaches only the parent, which may then finish in
 * order. It ends when the channel to it closes: by `stop`, or by the parent's death of whatever kind. What it has started
 * itself ends with it: they are one process group.
 */
export class Child<C extends object> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  readonly #lost: Promise<LbbenchError>;
  #lastId = 0;
  #stderr = '';
  /** How it ended, as the end of "but it …"; `undefined` while it runs. */
  #end: string | undefined;
  #isLetGo = false;

  /**
   * @param name what to call it in messages: `the demo backend 127.0.0.1:8001`
   * @param moduleUrl the module to run, as built: `new URL('./main.js', import.meta.url)`, written so where the build finds it
   * @param args what it finds in `process.argv` before it is called for the first time
   * @param path what of the user's input it is there for, in messages
   */
  constructor(
    readonly name: string,
    moduleUrl: URL,
    args: readonly string[] = [],
    private readonly path = 'lab',
  ) {
    this.#process = fork(moduleUrl, args, {
      execArgv: [],
      detached: true,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrKept);
    });
    this.#process.on('message', (message) => this.#settle(message as ReplyMessage));
    running.add(this.#process);
    this.#process.once('exit', () => {
      running.delete(this.#process);
      // What is left of its group when it was killed itself.
      killGroup(this.#process.pid);
    });
    let lose: (error: LbbenchError) => void;
    this.#lost = new Promise((resolve) => {
      lose = resolve;
    });
    this.#exited = ended(this.#process).then((end) => {
      this.#end = end;
      for (const { reject, timer } of this.#waiting.values()) {
        clearTimeout(timer);
        reject(this.#failure(end));
      }
      this.#waiting.clear();
      if (!this.#isLetGo) lose(this.#failure(end));
    });
  }

  /** Process id; `undefined` when it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Settles, saying how, when the process has ended without having been told to. */
  get lost(): Promise<LbbenchError> {
    return this.#lost;
  }

  /**
   * Calls a function in the child.
   *
   * @param limitMs how long it may take; Infinity for as long as it takes
   * @throws {LbbenchError} what the child reported, or `unmeasurable` when it has ended or does not answer in time
   */
  call<N extends keyof C & string>(
    name: N,
    argument: Argument<C, N>,
    limitMs = 10_000,
  ): Promise<Result<C, N>> {
    if (this.#end !== undefined) return Promise.reject(this.#failure(this.#end));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer =
        limitMs === Number.POSITIVE_INFINITY
          ? undefined
          : setTimeout(() => {
              this.#waiting.delete(id);
              reject(this.#failure(`did not answer "${name}" within ${limitMs} ms`));
            }, limitMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#process.send({ id, name, argument } satisfies CallMessage, () => {});
    });
  }

  /** Lets the child go and waits until it has ended; kills it if it does not. Safe to call twice. */
  async stop(): Promise<void> {
    this.#isLetGo = true;
    wake(this.#process);
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
        path: this.path,
        message: `expected ${this.name} to be running, but it ${what}${said === '' ? '' : `: ${said}`}`,
      },
    ]);
  }
}

/**
 * Settles, saying how, when a process has ended and its last words have arrived. Not by `close`, which Node does not emit
 * when it was the parent that disconnected.
 */
function ended(process: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    process.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      resolve(`could not be started (${code ?? message})`),
    );
    process.once('exit', (_, signal) => {
      const end = signal === null ? 'has ended' : `was ended by ${signal}`;
      if (process.stderr === null || process.stderr.closed) resolve(end);
      else process.stderr.once('close', () => resolve(end));
    });
  });
}

/** Lets a process go on that was stopped (SIGSTOP); one that runs does not notice. */
function wake(process: ChildProcess): void {
  process.kill('SIGCONT');
}

/** Ends every process of a group; there may be none left. */
export function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // The last of them has ended.
  }
}
