import { type IncomingMessage, request } from 'node:http';
import { Duplex } from 'node:stream';

/** What a parser made of one response on one connection. */
export interface Parsed {
  readonly status: number;
  readonly body: string;
  readonly label: string | undefined;
}

/**
 * Lets Node's own HTTP client read `bytes` as the answer to one request, on a connection that ends behind them.
 * `undefined` when Node refuses them or they are not a complete response.
 */
export function parseWithNode(bytes: Buffer, method: string): Promise<Parsed | undefined> {
  return new Promise((resolve) => {
    const socket = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        done();
      },
    });
    const client = request({
      method,
      host: 'test',
      path: '/',
      maxHeaderSize: 64 * 1024,
      createConnection: () => socket as never,
    });
    const finish = (parsed: Parsed | undefined) => {
      resolve(parsed);
      client.destroy();
      socket.destroy();
    };
    client.on('error', () => finish(undefined));
    client.on('upgrade', (response: IncomingMessage) => {
      finish({ status: 101, body: '', label: lastLabel(response) });
    });
    client.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => finish(undefined));
      response.on('aborted', () => finish(undefined));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('latin1');
        finish(
          response.complete
            ? { status: response.statusCode ?? 0, body, label: lastLabel(response) }
            : undefined,
        );
      });
    });
    client.end();
    setImmediate(() => {
      socket.push(bytes);
      setImmediate(() => socket.push(null));
    });
  });
}

function lastLabel(response: IncomingMessage): string | undefined {
  let label: string | undefined;
  for (let i = 0; i < response.rawHeaders.length; i += 2) {
    if (response.rawHeaders[i]?.toLowerCase() === 'x-upstream') label = response.rawHeaders[i + 1];
  }
  return label;
}
