import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the target saw it. */
export interface Seen {
  readonly path: string;
  /** Which agent sent it, by the address it came from. */
  readonly from: string;
  readonly atMs: number;
}

/** A target that remembers every request: the truth that an account of a run is held against. */
export class FleetTarget {
  readonly seen: Seen[] = [];
  /** Who gets no answers. */
  readonly silentTo = new Set<string>();
  readonly #server: Server;

  private constructor(delayMs: number) {
    let turn = 0;
    this.#server = createServer((request, response) => {
      const from = request.socket.remoteAddress ?? '';
      this.seen.push({ path: request.url ?? '', from, atMs: Date.now() });
      if (this.silentTo.has(from)) return;
      setTimeout(() => {
        response.setHeader('X-Upstream', `10.0.0.${1 + (turn++ % 2)}:80`);
        response.end('ok');
      }, delayMs);
    });
  }

  static async start(delayMs = 5): Promise<FleetTarget> {
    const target = new FleetTarget(delayMs);
    target.#server.listen(0, '127.0.0.1');
    await once(target.#server, 'listening');
    return target;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  from(address: string): Seen[] {
    return this.seen.filter(({ from }) => from === address);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
