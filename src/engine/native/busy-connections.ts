import type { Connection } from './connection.js';

/** The connections with a request on them, in no order; adding and removing cost the same for any number. */
export class BusyConnections {
  readonly #list: Connection[] = [];

  get count(): number {
    return this.#list.length;
  }

  add(connection: Connection): void {
    connection.slot = this.#list.length;
    this.#list.push(connection);
  }

  remove(connection: Connection): void {
    const last = this.#list.pop() as Connection;
    if (last === connection) return;
    this.#list[connection.slot] = last;
    last.slot = connection.slot;
  }

  /** Earliest start among them, or `noneUs` when there are none. */
  oldestStartUs(noneUs: number): number {
    let oldest = noneUs;
    for (const { startUs } of this.#list) if (startUs < oldest) oldest = startUs;
    return oldest;
  }

  /** Those that started before a moment; a copy, because ending them changes the list. */
  startedBefore(momentUs: number): Connection[] {
    return this.#list.filter(({ startUs }) => startUs < momentUs);
  }
}
