import { LbbenchError } from '../model/fault.js';
import type { CallMessage, ReplyMessage } from './calls.js';

type Callable = Readonly<Record<string, (argument: unknown) => unknown>>;

/**
 * The child's end: answers the parent's calls until the parent goes away, then `leave` runs and the process ends at
 * once. A parent that was killed closes the channel too, so a child never outlives it.
 *
 * `leave` may be asynchronous; the process ends when it settles.
 */
export function serveParent<C extends object>(calls: C, leave: () => void | Promise<void>): void {
  let leaving = false;
  const end = async () => {
    if (leaving) return;
    leaving = true;
    try {
      await leave();
    } finally {
      process.exit();
    }
  };
  process.on('message', async (message: unknown) => {
    const { id, name, argument } = message as CallMessage;
    reply(await result(id, () => (calls as Callable)[name]?.(argument)));
  });
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  // The parent may have died while this module was still loading: its `disconnect` came before the listener.
  if (!process.connected) void end();
}

function reply(message: ReplyMessage): void {
  if (process.connected) process.send?.(message, () => {});
}

async function result(id: number, call: () => unknown): Promise<ReplyMessage> {
  try {
    return { id, value: await call() };
  } catch (error) {
    if (error instanceof LbbenchError) return { id, kind: error.kind, faults: error.faults };
    return { id, stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
