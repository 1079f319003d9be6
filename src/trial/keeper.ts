import { LbbenchError } from '../model/fault.js';
import { borrow, forget, giveBack, leftoverOf, put } from './borrowed-file.js';
import { drained, findMaster, type Master, objections, reload } from './master.js';
import { markOf } from './process.js';

/** How long requests of others may keep workers of the method before. They take no new ones, so it goes on without them. */
const drainLimitMs = 60_000;

export interface Borrowing {
  readonly master: Master;
  readonly file: string;
  readonly original: Uint8Array;
  /** What is to take its place, by index. */
  readonly contents: readonly Uint8Array[];
}

/** Has nginx take one content of a file after the other, and the original in the end. */
export class Keeper {
  #borrowed: Borrowing | undefined;
  /** The reload that is under way, or was the last; `undefined` before the first. */
  #reloading: Promise<void> | undefined;
  #isEnding = false;

  /** @throws LbbenchError; nothing is changed then */
  begin(borrowed: Borrowing): void {
    const { master, file, original, contents } = borrowed;
    const guardian = markOf(process.pid);
    if (guardian === undefined || this.#isEnding) throw new Error('the keeper has ended');
    borrow({
      conf: master.conf,
      file,
      original: Buffer.from(original),
      contents: contents.map((content) => Buffer.from(content)),
      guardian,
    });
    this.#borrowed = borrowed;
  }

  /** Puts a content in place; tells what nginx objects to. */
  async check(index: number): Promise<string | undefined> {
    const { file, contents, master } = this.#now;
    put(file, Buffer.from(contents[index] as Uint8Array));
    return objections(master);
  }

  /**
   * Puts a content in place and has nginx serve by it.
   *
   * @returns workers that still answer requests of before
   * @throws LbbenchError
   */
  async use(index: number): Promise<number> {
    const objection = await this.check(index);
    const { master } = this.#now;
    if (objection !== undefined) throw refused(master, objection);
    this.#reloading = reload(master);
    await this.#reloading;
    return drained(master, drainLimitMs, () => !this.#isEnding);
  }

  /** Puts the original back and has nginx serve by it. Safe to call twice. */
  async end(): Promise<void> {
    this.#isEnding = true;
    const borrowed = this.#borrowed;
    this.#borrowed = undefined;
    if (borrowed === undefined) return;
    giveBack(borrowed.file);
    try {
      // Workers of a reload in the middle of another would be taken for those of this one.
      await this.#reloading?.catch(() => {});
      if (this.#reloading !== undefined) await reload(borrowed.master);
    } finally {
      forget(borrowed.file);
    }
  }

  get #now(): Borrowing {
    // What was under way when it ended must not put anything in place any more.
    if (this.#borrowed === undefined || this.#isEnding) throw new Error('the keeper has ended');
    return this.#borrowed;
  }
}

function refused({ conf }: Master, objection: string): LbbenchError {
  return new LbbenchError('unmeasurable', [
    {
      file: conf,
      message: `expected nginx to take the configuration with another method, got: ${objection}`,
    },
  ]);
}

/** What putting back found to do. */
export type PutBack = 'nothing' | 'reloaded' | 'not running';

/**
 * Puts back what a try that was cut off has left in a file's place, and has nginx serve by it if it runs.
 *
 * @param conf real path of the file that nginx is started with
 * @throws LbbenchError when a try is under way, or somebody else has changed the file since
 */
export async function putBack(file: string, conf: string): Promise<PutBack> {
  const leftover = leftoverOf(file);
  if (leftover === undefined) return 'nothing';
  if (leftover.isUnderWay) {
    throw new LbbenchError('usage', [
      {
        file,
        message: `expected a try that was cut off, but the one of process ${leftover.note?.guardian.pid} is under way`,
        hint: 'it puts the file back itself when it ends',
      },
    ]);
  }
  giveBack(file);
  const master = await findMaster(conf).catch((error: unknown) => {
    if (error instanceof LbbenchError) return undefined;
    throw error;
  });
  if (master !== undefined) {
    // A reload that was cut off may still start workers of before. Those of a second one have read the original.
    await reload(master);
    await reload(master);
  }
  forget(file);
  return master === undefined ? 'not running' : 'reloaded';
}
