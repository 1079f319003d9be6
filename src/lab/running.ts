import { connect } from 'node:net';
import { LbbenchError } from '../model/fault.js';
import type { ServerLine } from '../model/upstream.js';
import { type SocketAddress, socketAddress } from './address.js';

/** As long as a client would wait for a server in the next building. */
const limitMs = 3_000;
/** Servers named in one message. */
const mostNamed = 10;

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no such socket',
  EACCES: 'permission denied',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
  ETIMEDOUT: 'no answer',
};

/**
 * Expects every server that is to get requests to accept connections: a pool with a dead server is another
 * measurement than the one asked for. What is `down` is left alone, as nginx leaves it.
 *
 * @param lines with addresses; names are resolved already
 * @throws {LbbenchError} `unmeasurable`, naming all that do not
 */
export async function expectRunning(lines: readonly ServerLine[]): Promise<void> {
  const asked = lines.filter(({ down }) => !down);
  const results = await Promise.all(
    asked.map(async ({ server, address }) => ({ server, address, problem: await problemOf(address) })),
  );
  const dead = results.filter(({ problem }) => problem !== undefined);
  if (dead.length === 0) return;
  const named = dead.slice(0, mostNamed).map(({ server, address, problem }) => {
    // A name may stand for several addresses, of which one is dead; a port left out is no other address.
    const isName = !address.startsWith(server) && !server.startsWith('[');
    return `${address}${isName ? ` of ${server}` : ''} (${problem})`;
  });
  const more = dead.length > mostNamed ? ` and ${dead.length - mostNamed} more` : '';
  throw new LbbenchError('unmeasurable', [
    {
      path: 'lab.servers',
      message: `expected all ${asked.length} servers to accept connections, but ${named.join(', ')}${more} ${dead.length === 1 ? 'does' : 'do'} not`,
      hint: 'start what is missing, or mark it down in its line to measure without it',
    },
  ]);
}

/** Why a connection cannot be made; `undefined` when it can. */
function problemOf(address: string): Promise<string | undefined> {
  const to: SocketAddress = socketAddress(address);
  return new Promise((resolve) => {
    const socket = connect(to);
    const settle = (problem: string | undefined) => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(limitMs, () => settle(`no answer within ${limitMs / 1000} s`));
    socket.once('connect', () => settle(undefined));
    socket.once('error', ({ code = 'an error' }: NodeJS.ErrnoException) => settle(reasons[code] ?? code));
  });
}
