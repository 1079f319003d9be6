import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that a backend got, as `POST /chat application/json {"message":"Hi"}`. */
type Line = string;

/** HTTP servers that count what reaches them, so that others' counts can be held against theirs. */
export class CountingBackends {
  readonly #backends: { readonly server: Server; readonly seen: Map<Line, number> }[] = [];

  static async start(count: number): Promise<CountingBackends> {
    const backends = new CountingBackends();
    for (let index = 0; index < count; index++) await backends.#add();
    return backends;
  }

  get addresses(): string[] {
    return this.#backends.map(({ server }) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** Requests by backend. */
  counts(): Record<string, number> {
    const sums = this.#backends.map(({ seen }) => [...seen.values()].reduce((sum, count) => sum + count, 0));
    return Object.fromEntries(this.addresses.map((address, index) => [address, sums[index] ?? 0]));
  }

  /** Requests by what they were, over all backends. */
  requests(): Record<Line, number> {
    const all: Record<Line, number> = {};
    for (const { seen } of this.#backends)
      for (const [line, count] of seen) all[line] = (all[line] ?? 0) + count;
    return all;
  }

  forget(): void {
    for (const { seen } of this.#backends) seen.clear();
  }

  async close(): Promise<void> {
    for (const { server } of this.#backends) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  async #add(): Promise<void> {
    const seen = new Map<Line, number>();
    const server = createServer(async (request, response) => {
      const line = await lineOf(request);
      seen.set(line, (seen.get(line) ?? 0) + 1);
      response.statusCode = request.url === '/missing' ? 404 : 200;
      response.end(request.method === 'HEAD' ? undefined : 'served\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#backends.push({ server, seen });
  }
}

async function lineOf(request: IncomingMessage): Promise<Line> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  return [request.method, request.url, request.headers['content-type'], body].filter(Boolean).join(' ');
}
