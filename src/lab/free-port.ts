import { createServer } from 'node:net';
import { listenError } from './address.js';
import { listen } from './listen.js';

/**
 * A port on 127.0.0.1 that was free a moment ago, for a program that cannot choose one itself.
 *
 * @param wanted the port to have; 0 for any
 * @param who the program, for the message
 * @throws {LbbenchError} when the wanted port is taken
 */
export async function freePort(wanted: number, who: string): Promise<number> {
  const server = createServer();
  await listen(server, { host: '127.0.0.1', port: wanted }, who);
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address !== null && typeof address === 'object') return address.port;
  throw listenError(who, `127.0.0.1:${wanted}`, new Error('it has no port'));
}
