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

  /** Those whose deadline is before a moment, all of them for `Infinity`; a copy, because ending them changes the list. */
  dueBefore(momentUs: number): Connection[] {
    return this.#list.filter(({ deadlineUs }) => deadlineUs < momentUs);
  }

  /** The sender itself lost time while they were in flight. */
  delay(us: number): void {
    for (const connection of this.#list) {
      connection.lagUs += us;
      connection.deadlineUs += us;
    }
  }
}
