import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a backend answers: `name` is the letter that it goes by. */
export type Answering = (response: ServerResponse, request: IncomingMessage, name: string) => void;

const byName: Answering = (response, _, name) => response.end(name);

/** Backends `a`, `b`, `c` … that answer with their letter, or as they are told. */
export class Backends {
  readonly #servers: Server[] = [];
  readonly #requests: number[] = [];
  readonly #connections: number[] = [];
  /** What is not answered yet, by backend. */
  readonly held: ServerResponse[][] = [];
  #answering: Answering = byName;

  static async start(count: number): Promise<Backends> {
    const backends = new Backends();
    for (let index = 0; index < count; index++) await backends.#add();
    return backends;
  }

  get addresses(): readonly string[] {
    return this.#servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** Requests received, by backend. */
  get requests(): readonly number[] {
    return this.#requests;
  }

  /** Connections accepted, by backend. */
  get connections(): readonly number[] {
    return this.#connections;
  }

  answer(answering: Answering): void {
    this.#answering = answering;
  }

  /** Answers by name again, and has counted nothing. */
  reset(): void {
    this.#answering = byName;
    this.#requests.fill(0);
    this.#connections.fill(0);
    for (const responses of this.held) for (const response of responses.splice(0)) response.destroy();
  }

  /** Keeps every request until the end of the test, so that it is in progress. */
  hold(): void {
    this.#answering = (response, _, name) => this.held[name.charCodeAt(0) - 97]?.push(response);
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  async #add(): Promise<void> {
    const index = this.#servers.length;
    const name = String.fromCharCode(97 + index);
    const server = createServer((request, response) => {
      this.#requests[index] = (this.#requests[index] ?? 0) + 1;
      // To close a connection with something unread would reset it.
      request.resume().once('end', () => this.#answering(response, request, name));
    });
    server.on('connection', () => {
      this.#connections[index] = (this.#connections[index] ?? 0) + 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.push(server);
    this.#requests.push(0);
    this.#connections.push(0);
    this.held.push([]);
  }
}
