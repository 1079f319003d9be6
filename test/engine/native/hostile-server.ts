import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A server on loopback that does with each connection what a test says. */
export interface HostileServer {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  close(): Promise<void>;
}

/** Starts a server; `behave` gets each connection, and what arrives on it is read and dropped. */
export async function hostileServer(
  behave: (socket: Socket, connection: number) => void,
): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    behave(socket, accepted++);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Calls back for each request on a connection: one ends with an empty line, as those without a body do. */
export function onRequest(socket: Socket, answer: (request: string, index: number) => void): void {
  let pending = '';
  let index = 0;
  socket.on('data', (data) => {
    pending += data.toString('latin1');
    for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
      const request = pending.slice(0, end + 4);
      pending = pending.slice(end + 4);
      answer(request, index++);
    }
  });
}
