import { randomBytes } from 'node:crypto';
import { availableParallelism, hostname, networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { sanitize } from '../text/sanitize.js';
import { BrokenSeal, type Seal } from './seal.js';
import { Refusal, runSeat, SeatGone, type SeatHost } from './seat.js';
import { keys, type Place, Store, within } from './store.js';
import type { Presence } from './wire.js';

const presenceEveryMs = 2_000;
/** An agent that has not said so for this long is not there. */
const presenceMs = 6_000;
/** How long after a run that it may not take part in an agent looks for the next. */
const refusedPauseMs = 2_000;
/** A seat that does not come to its end in this time after being told to is left. */
const closeLimitMs = 10_000;

export interface AgentOptions {
  readonly place: Place;
  readonly seal: Seal;
  readonly version: string;
  /** `undefined` takes the host's name. */
  readonly name: string | undefined;
  /** `undefined` for as many as there are cores. */
  readonly threads: number | undefined;
  readonly sourceAddresses: readonly string[];
  readonly allow: readonly string[];
  /** Ends after one seat. */
  readonly once: boolean;
  readonly signal: AbortSignal;
  /** Something a person would want to read, without a full stop. */
  readonly onEvent: (text: string) => void;
}

/**
 * Takes seats of runs, one after the other, until it is told to end.
 *
 * @throws LbbenchError when there is no Redis that will do
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { place, signal, onEvent } = options;
  const store = await Store.connect(place);
  const [{ UnrecoverableError }, { seatWorker }] = await Promise.all([
    import('bullmq'),
    import('./seat-queue.js'),
  ]);
  const id = `${sanitize(options.name ?? hostname(), 60)}-${randomBytes(3).toString('hex')}`;
  const threads = options.threads ?? availableParallelism();
  let state: Presence['state'] = 'waiting';
  let refusal: string | undefined;
  let clockBoundUs: number | undefined;
  const show = async () => {
    const presence: Presence = {
      id,
      name: options.name ?? hostname(),
      version: options.version,
      node: process.version,
      cores: availableParallelism(),
      addresses: [...options.sourceAddresses, ...ownAddresses()].slice(0, 64),
      clockBoundUs,
      state,
      refusal,
    };
    const sealed = options.seal.close(presence, `presence ${place.pool}`);
    await store.redis.set(keys.agent(place.pool, id), sealed, 'PX', presenceMs);
  };
  const shown = setInterval(() => void show().catch(() => {}), presenceEveryMs);
  let endNow: (() => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    endNow = resolve;
  });
  const host: SeatHost = {
    store,
    seal: options.seal,
    agent: id,
    version: options.version,
    threads,
    sourceAddresses: options.sourceAddresses,
    allow: options.allow,
    signal,
  };
  const worker = seatWorker(place, async (job) => {
    const { run, seat } = job.data;
    if (typeof run !== 'string' || !/^[0-9a-f]{1,32}$/.test(run) || !Number.isInteger(seat)) {
      throw new UnrecoverableError('not a seat of lbbench');
    }
    onEvent(`took seat ${Number(seat) + 1} of run ${run}`);
    state = 'busy';
    await show();
    try {
      await runSeat(host, run, Number(seat));
      onEvent(`run ${run} is done`);
      if (options.once) endNow?.();
    } catch (error) {
      if (error instanceof SeatGone) {
        onEvent(`left run ${run}: ${error.message}`);
        throw new UnrecoverableError(error.message);
      }
      const why =
        error instanceof Refusal || error instanceof BrokenSeal
          ? error.message
          : `it cannot: ${sanitize((error as Error).message)}`;
      onEvent(`refused run ${run}: ${why}`);
      state = 'refused';
      refusal = why;
      await show();
      // The seat goes to another; this one would only take it again.
      void stepAside();
      throw error;
    } finally {
      if (state === 'busy') state = 'waiting';
      await show().catch(() => {});
    }
  });
  const stepAside = async () => {
    await worker.pause(true);
    await sleep(refusedPauseMs);
    refusal = undefined;
    state = 'waiting';
    worker.resume();
  };
  const onAbort = () => endNow?.();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    await store.examine();
    clockBoundUs = (await store.clock()).boundUs;
    await show();
    onEvent(`agent ${id} waits for runs of pool ${place.pool}`);
    const running = worker.run();
    running.catch(() => {});
    await ended;
  } finally {
    clearInterval(shown);
    // Lets the seat at hand come to its end; it has been told to stop.
    await within(closeLimitMs, worker.close()).catch(() => worker.close(true));
    await within(1_000, store.redis.del(keys.agent(place.pool, id))).catch(() => {});
    store.close();
  }
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(
    (addresses) => addresses?.filter(({ internal }) => !internal).map(({ address }) => address) ?? [],
  );
}
