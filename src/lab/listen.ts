import { lstatSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { addressText, listenError, type SocketAddress } from './address.js';

/**
 * Listens and settles when ready. The file of a unix socket that nobody listens on any more is removed first:
 * a server that was killed leaves it behind.
 *
 * @param who for the message: `a demo backend`
 * @throws {LbbenchError} of kind `unmeasurable` naming the address and what to do
 */
export async function listen(server: Server, address: SocketAddress, who: string): Promise<void> {
  try {
    await attempt(server, address);
  } catch (error) {
    if (await removeDeadSocket(address)) return listen(server, address, who);
    throw listenError(who, addressText(address), error as NodeJS.ErrnoException);
  }
}

/** Removes the file of a unix socket that nobody listens on any more; tells whether there was one. Does not fail. */
export async function removeDeadSocket(address: SocketAddress): Promise<boolean> {
  if (!('path' in address) || !(await isDeadSocket(address.path))) return false;
  try {
    unlinkSync(address.path);
    return true;
  } catch {
    return false;
  }
}

function attempt(server: Server, address: SocketAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      server.off('listening', ready);
      reject(error);
    };
    const ready = () => {
      server.off('error', failed);
      resolve();
    };
    server.once('error', failed);
    server.once('listening', ready);
    server.listen({ ...address, backlog: 4_096 });
  });
}

function isDeadSocket(path: string): Promise<boolean> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return Promise.resolve(false);
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
