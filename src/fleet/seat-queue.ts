import { type ConnectionOptions, type Processor, Queue, Worker } from 'bullmq';
import { connectionOptions, keyPrefix, keys, leaseMs, type Place } from './store.js';

/** What a job of the queue says. It comes from whoever can write to Redis. */
export interface OfferedSeat {
  readonly run: unknown;
  readonly seat: unknown;
}

/**
 * A worker on the seats of a pool: BullMQ hands each seat to one agent, notices by its lock when that dies, and hands it on.
 *
 * @param processor `null` only looks for seats whose agent has died
 */
export function seatWorker(place: Place, processor: Processor<OfferedSeat> | null): Worker<OfferedSeat> {
  const worker = new Worker<OfferedSeat>(keys.queue(place.pool), processor, {
    ...connected(place),
    lockDuration: leaseMs,
    stalledInterval: leaseMs / 2,
    maxStalledCount: 100,
    autorun: false,
  });
  // It tries again by itself; without a listener it would print.
  worker.on('error', () => {});
  return worker;
}

/**
 * Offers the seats of a run to the agents of a pool.
 *
 * @returns takes back what nobody took, and lets the queue go
 */
export async function offerSeats(place: Place, run: string, seats: number): Promise<() => Promise<void>> {
  const queue = new Queue<OfferedSeat>(keys.queue(place.pool), {
    ...connected(place),
    streams: { events: { maxLen: 1000 } },
  });
  queue.on('error', () => {});
  // Nobody else looks for stalled seats when all agents are dead.
  const checker = seatWorker(place, null);
  void checker.startStalledCheckTimer().catch(() => {});
  const idOf = (seat: number) => `run-${run}-seat-${seat}`;
  const takeBack = async () => {
    for (let seat = 0; seat < seats; seat++) await queue.remove(idOf(seat)).catch(() => {});
    await checker.close();
    await queue.close();
  };
  try {
    // One by one: BullMQ wakes one worker for all that are added together.
    for (let seat = 0; seat < seats; seat++) {
      await queue.add(
        'seat',
        { run, seat },
        {
          jobId: idOf(seat),
          attempts: 20,
          backoff: { type: 'fixed', delay: 100 },
          removeOnComplete: true,
          removeOnFail: true,
        },
      );
    }
  } catch (error) {
    await takeBack();
    throw error;
  }
  return takeBack;
}

function connected(place: Place) {
  return { connection: connectionOptions(place) as ConnectionOptions, prefix: keyPrefix };
}
