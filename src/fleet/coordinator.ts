import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine, LoadControl, LoadJob, LoadResult } from '../engine/load-job.js';
import { nowUs } from '../engine/monotonic-clock.js';
import { LbbenchError } from '../model/fault.js';
import { prepareHistograms } from '../tally/latency-histogram.js';
import { agentsThere } from './agents.js';
import { fingerprintOf } from './fingerprint.js';
import { resultOfSeats, type SeatEnd } from './result.js';
import { limits, type Seal } from './seal.js';
import { SeatViews } from './seat-views.js';
import { keys, leaseMs, lockMs, type Place, refused, type SeatState, Store, within } from './store.js';
import type { JobMessage } from './wire.js';

/** A run and its keys outlive their coordinator by this. */
const keepMs = 3_600_000;
const lockEveryMs = 3_000;
const lookEveryMs = 200;
const progressEveryMs = 250;
const checkpointEveryMs = 4_000;
/** Ends that are not heard of after this long, from when all were told to stop, are not waited for. */
const stopLimitMs = 5_000;
/** Redis itself is not waited for longer than it takes all seats to stop by themselves. */
const awayLimitMs = leaseMs + 5_000;
/** A step of tidying up that takes longer is left undone: what it would remove goes by its own time. */
const leaveLimitMs = 2_000;

export interface FleetOptions {
  readonly place: Place;
  readonly seal: Seal;
  readonly version: string;
  /** How many agents share the load. */
  readonly agents: number;
  /** How long to wait for them. */
  readonly waitMs: number;
  /** Something a person would want to read while waiting, without a full stop. */
  readonly onEvent: (text: string) => void;
}

/** An engine that has agents on other machines send the load, and puts together what they measured. */
export function fleetEngine(options: FleetOptions): Engine {
  return {
    name: 'fleet',
    async run(job, control) {
      await prepareHistograms();
      const store = await Store.connect(options.place);
      try {
        const serverId = await store.examine();
        return await new FleetRun(options, store, serverId, shippable(job), control).run();
      } finally {
        store.close();
      }
    },
  };
}

class FleetRun {
  readonly #id = randomBytes(6).toString('hex');
  readonly #seats: SeatViews;
  readonly #cleanUp: (() => Promise<unknown> | unknown)[] = [];
  #message!: JobMessage;
  #lastContactUs = nowUs();
  #hasLock = false;
  /** The connection was lost since it was last asked. */
  #mayHaveRestarted = false;

  constructor(
    readonly options: FleetOptions,
    readonly store: Store,
    readonly serverId: string,
    readonly job: LoadJob,
    readonly control: LoadControl,
  ) {
    this.#seats = new SeatViews(store, options.seal, this.#id, job, options.agents);
  }

  async run(): Promise<LoadResult> {
    const { control } = this;
    try {
      await this.#lock();
      await this.#publish();
      const offset = await this.store.clock();
      const phases = this.job.load.warmup === undefined ? 1 : 2;
      let originUs: number | undefined;
      let startedAtMs = Date.now();
      for (let phase = 1; phase <= phases; phase++) {
        const isThere = await this.#gather(phase);
        if (!isThere) break;
        originUs = Math.round((await this.#go(phase)) - offset.us);
        startedAtMs = Date.now() + (originUs - nowUs()) / 1000;
      }
      if (originUs !== undefined) control.onStart?.(originUs);
      const ended = await this.#watch();
      const ends = await this.#ends();
      if (ends.every(({ checkpoint }) => checkpoint === undefined)) control.signal?.throwIfAborted();
      return resultOfSeats(this.job, ends, {
        startedAtMs,
        originUs: originUs === undefined ? undefined : originUs + offset.us,
        interrupted: control.signal?.aborted === true,
        trouble: ended === 'done' ? undefined : ended,
        clockBoundUs: offset.boundUs,
      });
    } finally {
      await this.#leave();
    }
  }

  /** One run at a time in a pool: two would each hold half of the agents for ever. */
  async #lock(): Promise<void> {
    const { redis, place } = this.store;
    const key = keys.lock(place.pool);
    if ((await redis.set(key, this.#id, 'PX', lockMs, 'NX')) === null) {
      throw refused(
        `expected a pool without a run, got one in which run ${await redis.get(key)} is under way`,
        'wait for it to end, or give each its own agents with --pool',
      );
    }
    this.#hasLock = true;
    redis.on('close', () => {
      this.#mayHaveRestarted = true;
    });
    this.#every(lockEveryMs, async () => {
      await redis.multi().set(key, this.#id, 'PX', lockMs, 'XX').pexpire(keys.run(this.#id), keepMs).exec();
    });
    this.#cleanUp.push(async () => {
      if ((await redis.get(key)) === this.#id) await redis.del(key);
    });
  }

  /** Writes down the job, and offers its seats. */
  async #publish(): Promise<void> {
    const { store, options, job } = this;
    const { redis } = store;
    const { agents } = options;
    const { requests, model, concurrency } = job.load;
    const counted = model === 'closed' && requests !== undefined;
    this.#message = {
      version: options.version,
      seats: agents,
      blockSize: counted ? blockSizeOf(requests, concurrency, agents) : undefined,
      fingerprint: fingerprintOf(job),
      job,
    };
    const sealed = options.seal.close(this.#message, `job ${this.#id}`);
    if (sealed.length > limits.job) {
      throw new LbbenchError('usage', [
        {
          path: 'requests',
          message: `expected requests of at most 32 MiB to hand to agents, got ${Math.ceil(sealed.length / 2 ** 20)} MiB`,
          hint: 'send smaller bodies',
        },
      ]);
    }
    await redis.hset(keys.run(this.#id), { id: this.#id, seats: agents });
    await redis.pexpire(keys.run(this.#id), keepMs);
    await redis.set(keys.job(this.#id), sealed, 'PX', keepMs);
    this.#cleanUp.push(() =>
      redis.del(
        keys.run(this.#id),
        keys.job(this.#id),
        ...this.#seats.states.flatMap((_, seat) => [
          keys.seat(this.#id, seat),
          keys.checkpoint(this.#id, seat),
        ]),
      ),
    );
    const listener = await store.listen(keys.up(this.#id), (message) => this.#seats.hear(message));
    this.#cleanUp.push(() => listener.disconnect());
    const { offerSeats } = await import('./seat-queue.js');
    this.#cleanUp.push(await offerSeats(store.place, this.#id, agents));
  }

  /** Waits until all seats are ready for a phase. @returns false when the run is interrupted first */
  async #gather(phase: number): Promise<boolean> {
    const { options, control } = this;
    const untilUs = nowUs() + options.waitMs * 1000;
    let said = -1;
    for (;;) {
      await this.#seats.look();
      const ready = this.#seats.states.filter((state) => isReady(state, phase)).length;
      if (ready === options.agents) return true;
      if (control.signal?.aborted) {
        await this.#stop('interrupted');
        return false;
      }
      // A seat that is lost between the warm-up and the run is not taken again.
      if (phase > 1 && this.#seats.states.every((state) => isReady(state, phase) || state?.state === 'lost'))
        return true;
      if (phase === 1 && ready !== said) {
        said = ready;
        options.onEvent(`${ready} of ${options.agents} agents are ready`);
      }
      if (phase === 1 && nowUs() > untilUs) throw await this.#nobodyCame(ready);
      await sleep(Math.max(50, options.agents));
    }
  }

  async #nobodyCame(ready: number): Promise<LbbenchError> {
    const { agents, waitMs } = this.options;
    const there = await agentsThere(this.store, this.options.seal);
    const refusals = there.flatMap(({ name, refusal }) =>
      refusal === undefined ? [] : [`${name}: ${refusal}`],
    );
    const message = `expected ${agents} agents within ${waitMs / 1000} s, got ${ready}${
      refusals.length === 0 ? '' : ` (${refusals.join('; ')})`
    }`;
    const { pool } = this.store.place;
    return refused(
      message,
      there.length < agents
        ? `start more with lbbench agent${pool === 'default' ? '' : ` --pool ${pool}`}; lbbench agents shows who is there`
        : 'lbbench agents shows who is there',
    );
  }

  /** Has all seats begin a phase at the same moment. @returns it, by Redis' clock */
  async #go(phase: number): Promise<number> {
    const { redis } = this.store;
    const leadMs = Math.max(500, this.options.agents * 0.2);
    const originUs = (await this.store.timeUs()) + leadMs * 1000;
    await redis.hset(keys.run(this.#id), `origin:${phase}`, Math.round(originUs));
    await redis.publish(keys.down(this.#id), 'go');
    return originUs;
  }

  /** Watches the run to its end. */
  async #watch(): Promise<'done' | 'restarted' | 'away'> {
    const { control } = this;
    const { onProgress } = control;
    if (onProgress !== undefined)
      this.#every(progressEveryMs, async () => onProgress(this.#seats.progress()));
    let toldUs: number | undefined;
    for (;;) {
      await this.#lookAndRead(checkpointEveryMs);
      if (nowUs() - this.#lastContactUs > awayLimitMs * 1000) return 'away';
      if (await this.#contact(this.#isForgotten())) {
        return 'restarted';
      }
      if (this.#seats.states.every((state) => state?.state === 'done' || state?.state === 'lost'))
        return 'done';
      if (control.signal?.aborted && toldUs === undefined) {
        toldUs = nowUs();
        await this.#contact(this.#stop('interrupted'));
      }
      if (toldUs !== undefined && nowUs() - toldUs > stopLimitMs * 1000) return 'done';
      await sleep(Math.max(lookEveryMs / 2, this.options.agents));
    }
  }

  /** True when Redis was started again, and with it may have gone back to numbers that it had handed out. */
  async #isForgotten(): Promise<boolean> {
    if ((await this.store.redis.hget(keys.run(this.#id), 'id')) !== this.#id) return true;
    if (!this.#mayHaveRestarted) return false;
    this.#mayHaveRestarted = false;
    return this.#message.blockSize !== undefined && (await this.store.examine()) !== this.serverId;
  }

  /** How the seats ended. */
  async #ends(): Promise<SeatEnd[]> {
    await this.#lookAndRead(0);
    // A checkpoint that was replaced between the two is whole in the next; nothing is replaced any more.
    if (this.#seats.hasUnreadable) await this.#lookAndRead(0);
    return this.#seats.ends();
  }

  /** @param leastAgeMs of the checkpoints that are read anew */
  async #lookAndRead(leastAgeMs: number): Promise<void> {
    await this.#contact(this.#seats.look());
    await this.#contact(this.#seats.readCheckpoints(leastAgeMs));
  }

  async #stop(reason: string): Promise<void> {
    const { redis } = this.store;
    await redis.hset(keys.run(this.#id), 'stop', reason);
    await redis.publish(keys.down(this.#id), 'stop');
  }

  /** Waits for Redis, but not for ever. */
  async #contact<T>(work: Promise<T>): Promise<T | undefined> {
    const result = await within(awayLimitMs, work).catch(() => undefined);
    if (this.store.redis.status === 'ready') this.#lastContactUs = nowUs();
    return result;
  }

  #every(ms: number, work: () => Promise<unknown>): void {
    const timer = setInterval(() => void work().catch(() => {}), ms);
    this.#cleanUp.push(() => clearInterval(timer));
  }

  async #leave(): Promise<void> {
    // Agents that still wait or send are told, whatever became of this end.
    if (this.#hasLock) await within(leaveLimitMs, this.#stop('over')).catch(() => {});
    for (const step of this.#cleanUp.reverse()) {
      await within(leaveLimitMs, Promise.resolve(step())).catch(() => {});
    }
  }
}

/** The job without what only the coordinator can do: it reads the log itself, and agents send no samples. */
function shippable(job: LoadJob): LoadJob {
  const { attribution } = job;
  return {
    ...job,
    samples: false,
    attribution: attribution.by === 'log' ? { by: 'header', name: attribution.header } : attribution,
  };
}

function isReady(state: SeatState | undefined, phase: number): boolean {
  return (state?.state === 'taken' || state?.state === 'started') && state.ready >= phase;
}

/** Blocks small enough that the last ones end together, and large enough to be fetched seldom. */
function blockSizeOf(requests: number, concurrency: number, seats: number): number {
  const least = Math.ceil(concurrency / seats);
  return Math.max(least, Math.min(4096, Math.ceil(requests / (64 * seats))), 1);
}
