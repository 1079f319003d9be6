import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlockMemory } from '../engine/block-pool.js';
import { resolveTarget } from '../engine/dial.js';
import { Lease } from '../engine/lease.js';
import type { LoadJob } from '../engine/load-job.js';
import { nowUs } from '../engine/monotonic-clock.js';
import type { ThreadSummary } from '../engine/native/thread-messages.js';
import { share } from '../engine/native/thread-run.js';
import { ThreadTeam } from '../engine/native/thread-team.js';
import { secureContextOf } from '../engine/tls-settings.js';
import { prepareHistograms } from '../tally/latency-histogram.js';
import type { Tally } from '../tally/tally.js';
import { fingerprintOf } from './fingerprint.js';
import { limits, type Seal } from './seal.js';
import { keys, leaseMs, type Store } from './store.js';
import { type Checkpoint, readJob } from './wire.js';

const renewEveryMs = 2_000;
/** An agent believes in a tenth less of a lease than Redis does. */
const ownLeaseMs = leaseMs * 0.9;
const pollEveryMs = 50;
const blocksAhead = 2;
/** A clock that counts sleep too ran so much further than the one that does not: the machine was suspended. */
const suspendedUs = 1_000_000;

/** The agent will not take part in this run, and says why. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** The seat is not the agent's any more, or never was. */
export class SeatGone extends Error {
  override readonly name = 'SeatGone';
}

/** What an agent brings to every seat it takes. */
export interface SeatHost {
  readonly store: Store;
  readonly seal: Seal;
  readonly agent: string;
  readonly version: string;
  /** Threads to send from. */
  readonly threads: number;
  /** Local addresses to send from; empty for those the job names. */
  readonly sourceAddresses: readonly string[];
  /** Targets that may be sent to, as `host:port` or the path of a socket; empty for any but sockets. */
  readonly allow: readonly string[];
  /** Aborted: the agent is told to end. */
  readonly signal: AbortSignal;
}

/**
 * Does one seat of a run, from taking it to its last checkpoint.
 *
 * @throws Refusal when the agent may not, or cannot send the same as the others
 * @throws SeatGone when somebody else has it, or the run is over
 */
export async function runSeat(host: SeatHost, run: string, seat: number): Promise<void> {
  const takenAtUs = nowUs();
  const epoch = await host.store.redis.lbTake(
    keys.seat(run, seat),
    keys.run(run),
    host.agent,
    leaseMs * 1000,
  );
  if (epoch < 0) throw new SeatGone(epoch === -1 ? 'the seat has begun already' : 'the run is over');
  const held = new HeldSeat(host, run, seat, epoch, takenAtUs);
  try {
    await held.run();
  } finally {
    await held.leave();
  }
}

class HeldSeat {
  readonly #lease = new Lease();
  readonly #timers: NodeJS.Timeout[] = [];
  #team: ThreadTeam | undefined;
  #listener: { disconnect(): void } | undefined;
  /** The phase it is ready for, from 1. */
  #ready = 0;
  #starts: 0 | 1 = 0;
  #stopped = false;
  #fenced = false;
  #claims = 0;
  #claimed = 0;
  #isFeeding = false;
  #sequence = 0;
  #originUs = 0;
  #lateUs = 0;
  #wake: (() => void) | undefined;
  readonly #sleptUs = uptime() * 1e6 - nowUs();

  constructor(
    readonly host: SeatHost,
    readonly runId: string,
    readonly seat: number,
    readonly epoch: number,
    takenAtUs: number,
  ) {
    this.#lease.set(takenAtUs + ownLeaseMs * 1000);
    this.#every(renewEveryMs, () => this.#renew());
    this.#every(1_000, async () => this.#watchSleep());
    const stop = () => this.#stop();
    host.signal.addEventListener('abort', stop, { once: true });
  }

  async run(): Promise<void> {
    const { store, seal } = this.host;
    const sealed = await store.redis.getBuffer(keys.job(this.runId));
    if (sealed === null) throw new SeatGone('the run is over');
    const message = readJob(seal.open(sealed, `job ${this.runId}`, 2 * limits.job));
    const { seats, blockSize } = message;
    const job = this.#jobOf(message);
    await prepareHistograms();
    if (job.target.tls !== undefined) secureContextOf(job.target.tls);
    const address = await resolveTarget(job.target, this.host.signal);
    const addresses = await this.#addresses(job, address);
    const offset = await store.clock();
    this.#listener = await store.listen(keys.down(this.runId), (text) => {
      if (text.toString() === 'stop') this.#stop();
      this.#wake?.();
    });
    const blocks =
      blockSize === undefined ? undefined : new BlockMemory(job.load.requests as number, blockSize);
    const phases = job.load.warmup === undefined ? 1 : 2;
    const feed = () => blocks && this.#feed(blocks);
    const team = new ThreadTeam(
      job,
      address,
      {},
      {
        seat: {
          index: this.seat,
          count: seats,
          lease: this.#lease.data,
          blocks: blocks && { memory: blocks.memory, blockSize: blocks.blockSize },
        },
        origin: async () => {
          // Whole microseconds, as all moments of a tally are.
          this.#originUs = Math.round((await this.#go(this.#ready + 1)) - offset.us);
          if (this.#ready === phases) await feed();
          this.#lateUs = Math.max(0, nowUs() - this.#originUs);
          return this.#originUs;
        },
        onBlock: () => void feed()?.catch(() => this.#fence()),
      },
    );
    this.#team = team;
    if (this.#stopped) team.stop();
    const context = { offset, addresses };
    this.#every(Math.max(500, seats), async () => this.#publish(team));
    this.#every(Math.max(2_000, seats * 5), async () => {
      const tally = this.#ready === phases ? await team.snapshot() : undefined;
      if (tally !== undefined) await this.#commit(tally, undefined, context, undefined);
    });
    const { tally, parts } = await team.run();
    const again = await store.clock(8);
    await this.#commit(tally, parts, context, again.us - offset.us);
  }

  /** Lets everything go. */
  async leave(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#listener?.disconnect();
  }

  /** The job as this agent does it. */
  #jobOf(message: ReturnType<typeof readJob>): LoadJob {
    const { host } = this;
    const { job, version, fingerprint } = message;
    if (version !== host.version) {
      throw new Refusal(`it is lbbench ${host.version}, the run was started by ${version}`);
    }
    const { socketPath } = job.target;
    const place = socketPath ?? `${job.target.host}:${job.target.port}`;
    if ((socketPath !== undefined || host.allow.length > 0) && !host.allow.includes(place)) {
      throw new Refusal(`it may not send to ${place} (--allow)`);
    }
    const sourceAddresses = host.sourceAddresses.length > 0 ? host.sourceAddresses : job.load.sourceAddresses;
    if (fingerprintOf(job) !== fingerprint) {
      throw new Refusal('its requests would differ from the others’: is its Node another version?');
    }
    return { ...job, threads: this.#threads(job, message.seats), load: { ...job.load, sourceAddresses } };
  }

  /** A thread without a connection of its own would have nothing to do, and never end. */
  #threads({ load }: LoadJob, seats: number): number {
    const own = share(load.concurrency, { index: this.seat, count: seats });
    return Math.max(1, Math.min(this.host.threads, own));
  }

  /** Where its requests will come from, as far as this machine knows. */
  async #addresses({ load, target }: LoadJob, address: string): Promise<readonly string[]> {
    if (load.sourceAddresses.length > 0) return load.sourceAddresses.slice(0, 64);
    const family = isIP(address);
    if (target.socketPath !== undefined || family === 0) return [];
    // Connecting a datagram socket sends nothing, and asks the system which address it would send from.
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    return new Promise((resolve) => {
      socket.on('error', () => {
        socket.close();
        resolve([]);
      });
      socket.connect(target.port, address, () => {
        const own = socket.address().address;
        socket.close();
        resolve([own]);
      });
    });
  }

  /** Waits until all seats are ready for a phase. @returns the moment it begins, by Redis' clock */
  async #go(phase: number): Promise<number> {
    const { redis } = this.host.store;
    this.#ready = phase;
    await this.#renew();
    for (;;) {
      if (this.#fenced || this.#stopped) throw new SeatGone('the run ended before it began');
      const origin = await redis.hget(keys.run(this.runId), `origin:${phase}`);
      if (origin !== null) {
        this.#starts = 1;
        await this.#renew();
        if (this.#fenced) throw new SeatGone('the lease was over before the run began');
        return Number(origin);
      }
      await Promise.race([
        sleep(pollEveryMs),
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      ]);
    }
  }

  /** Keeps blocks of numbers at hand. */
  async #feed(blocks: BlockMemory): Promise<void> {
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    try {
      while (blocks.untouched < blocksAhead && !blocks.ended) {
        const block = await this.host.store.redis.lbClaim(
          keys.seat(this.runId, this.seat),
          keys.run(this.runId),
          this.epoch,
          ++this.#claims,
          blocks.blockSize,
          blocks.size,
        );
        if (block < -1) this.#fence();
        if (block < 0) blocks.end();
        else {
          this.#claimed += Math.min(blocks.blockSize, blocks.size - block * blocks.blockSize);
          blocks.add(block * blocks.blockSize);
        }
        this.#team?.refill();
      }
    } finally {
      this.#isFeeding = false;
    }
  }

  async #renew(): Promise<void> {
    const sentUs = nowUs();
    const { store } = this.host;
    const [state, stop] = await store.redis.lbRenew(
      keys.seat(this.runId, this.seat),
      keys.run(this.runId),
      keys.lock(store.place.pool),
      this.epoch,
      leaseMs * 1000,
      this.#ready,
      this.#starts,
    );
    if (state !== 'ok') {
      this.#fence();
      return;
    }
    // A lease that is over stays over: what was not sent meanwhile must not go out in a burst.
    if (!this.#lease.isOver) this.#lease.set(sentUs + ownLeaseMs * 1000);
    if (stop !== '') this.#stop();
  }

  #watchSleep(): void {
    const sleptUs = uptime() * 1e6 - nowUs();
    if (sleptUs - this.#sleptUs > suspendedUs || this.#lease.isOver) this.#fence();
  }

  #publish(team: ThreadTeam): Promise<unknown> {
    const { store, seal } = this.host;
    const progress = team.progress();
    const sealed = seal.close({ seat: this.seat, progress }, `progress ${this.runId}`);
    return store.redis.publish(keys.up(this.runId), sealed);
  }

  async #commit(
    tally: Tally,
    parts: readonly ThreadSummary[] | undefined,
    {
      offset,
      addresses,
    }: { readonly offset: { readonly boundUs: number }; readonly addresses: readonly string[] },
    driftUs: number | undefined,
  ): Promise<void> {
    const { store, seal } = this.host;
    const sequence = ++this.#sequence;
    const relative = (us: number) => us - this.#originUs;
    const checkpoint: Checkpoint = {
      elapsedUs: relative(nowUs()),
      claimed: this.#claims === 0 ? undefined : this.#claimed,
      tally: tally.toData(),
      parts: parts?.map((part) => ({
        ...part,
        firstStartUs: part.firstStartUs === undefined ? undefined : relative(part.firstStartUs),
        lastByteUs: relative(part.lastByteUs),
      })),
      lateUs: this.#lateUs,
      clockBoundUs: offset.boundUs,
      clockDriftUs: driftUs,
      addresses: [...addresses],
      node: process.version,
      threads: this.#team?.job.threads ?? 0,
      fenced: this.#fenced,
    };
    tally.release();
    const use = `checkpoint ${this.runId} ${this.seat} ${this.epoch} ${sequence}`;
    const stands = await store.redis.lbCommit(
      keys.seat(this.runId, this.seat),
      keys.checkpoint(this.runId, this.seat),
      keys.run(this.runId),
      this.epoch,
      sequence,
      parts === undefined ? 0 : 1,
      seal.close(checkpoint, use),
    );
    if (stands === 0) {
      this.#fence();
      if (parts !== undefined) throw new SeatGone('the run went on without it');
    }
  }

  #stop(): void {
    this.#stopped = true;
    this.#wake?.();
    this.#team?.stop();
  }

  /** Nothing is started from now on, whatever comes. */
  #fence(): void {
    this.#fenced = true;
    this.#lease.end();
    this.#stop();
  }

  #every(ms: number, work: () => Promise<unknown>): void {
    // A command that fails for want of a connection is tried again with the next.
    this.#timers.push(setInterval(() => void work().catch(() => {}), ms));
  }
}
