import type { Connection } from './connection.js';

/**
 * Connections that wait for a request, by the local address they are bound to. The one used last is taken first, so
 * that with a single address no more connections stay open than requests are in flight.
 */
export class WaitingConnections {
  readonly #bySource: Connection[][];

  constructor(sources: number) {
    this.#bySource = Array.from({ length: sources }, () => []);
  }

  take(source: number): Connection | undefined {
    return (this.#bySource[source] as Connection[]).pop();
  }

  put(connection: Connection): void {
    (this.#bySource[connection.source] as Connection[]).push(connection);
  }

  remove(connection: Connection): void {
    const connections = this.#bySource[connection.source] as Connection[];
    const at = connections.lastIndexOf(connection);
    if (at >= 0) connections.splice(at, 1);
  }

  destroyAll(): void {
    for (const connections of this.#bySource) {
      for (const connection of connections) connection.destroy();
      connections.length = 0;
    }
  }
}
