import { Child } from '../lab/child.js';
import type { Algorithm } from '../model/algorithm.js';
import { LbbenchError } from '../model/fault.js';
import type { Warning } from '../model/warning.js';
import { formatAlgorithm } from '../nginx/algorithm.js';
import { putBack } from './keeper.js';
import type { KeeperCalls } from './main.js';
import type { Master } from './master.js';
import type { Site } from './site.js';

/** The user's own nginx, whose method is another for a while. */
export interface Trial {
  /** Aborted when the process that keeps the configuration has ended, with an `LbbenchError` as its reason. */
  readonly broken: AbortSignal;
  /** Has nginx serve by a method that was given at the start, with fresh state. */
  use(algorithm: Algorithm): Promise<void>;
  /** Puts the first configuration back and has nginx serve by it. Safe to call twice. */
  close(): Promise<void>;
}

export interface TrialOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onWarning: (warning: Warning) => void;
}

/** Longer than nginx may take, to check, to take a configuration and to drain. */
const longestMs = 180_000;

/**
 * Keeps the user's configuration and has nginx check it with every method; nothing is reloaded yet.
 *
 * @throws LbbenchError when nginx takes one of them not, or anything is not as it must be; all is as before then
 */
export async function startTrial(
  site: Site,
  master: Master,
  algorithms: readonly Algorithm[],
  options: TrialOptions,
): Promise<Trial> {
  const child = new Child<KeeperCalls>(
    'the process that keeps your configuration',
    new URL('./main.js', import.meta.url),
    [],
    '--nginx-conf',
  );
  const trial = new RunningTrial(site, master, algorithms, child, options);
  try {
    await trial.begin();
    return trial;
  } catch (error) {
    // What went wrong first is what must be told.
    await trial.close().catch(() => {});
    throw error;
  }
}

class RunningTrial implements Trial {
  readonly #broken = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(
    private readonly site: Site,
    private readonly master: Master,
    private readonly algorithms: readonly Algorithm[],
    private readonly child: Child<KeeperCalls>,
    private readonly options: TrialOptions,
  ) {
    void child.lost.then((error) => this.#broken.abort(error));
  }

  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  async begin(): Promise<void> {
    const { file, original } = this.site;
    const contents = this.algorithms.map((algorithm) => this.site.with(algorithm));
    await this.child.call('begin', { master: this.master, file, original, contents });
    for (const [index, algorithm] of this.algorithms.entries()) {
      if (this.options.signal?.aborted) return;
      const objection = await this.child.call('check', index, longestMs);
      if (objection !== undefined) throw this.#refused(algorithm, objection);
    }
  }

  async use(algorithm: Algorithm): Promise<void> {
    const words = formatAlgorithm(algorithm);
    const index = this.algorithms.findIndex((one) => formatAlgorithm(one) === words);
    const leaving = await this.child.call('use', index, longestMs);
    if (leaving === 0) return;
    this.options.onWarning({
      code: 'workers-leaving',
      text: `${words}: ${leaving === 1 ? 'a worker' : `${leaving} workers`} of the method before still answered requests of others when the run began`,
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.child.call('end', undefined, longestMs);
    } catch (error) {
      await this.child.stop();
      // Whoever has ended the keeper has left it to us.
      if ((await putBack(this.site.file, this.site.conf)) === 'nothing') throw error;
      return;
    }
    await this.child.stop();
  }

  #refused(algorithm: Algorithm, objection: string): LbbenchError {
    const { file, line, block } = this.site;
    return new LbbenchError('usage', [
      {
        file,
        line,
        message: `expected nginx to take ${formatAlgorithm(algorithm)} in upstream ${block.upstream.name}, got: ${objection}`,
        hint: 'nothing was reloaded, and the file is as before',
      },
    ]);
  }
}
