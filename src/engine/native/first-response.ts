import type { FirstResponse } from '../load-job.js';
import type { Connection } from './connection.js';
import type { ResponseHead } from './response-head.js';

/** Longest Server header kept. */
const maxServerLength = 256;

/** Looks closely at the first complete response of a run, and at none after it. */
export class FirstResponseObserver {
  first: FirstResponse | undefined;
  readonly #servers = new Map<ResponseHead, string | undefined>();

  get wanted(): boolean {
    return this.first === undefined;
  }

  /** Listens for the Server header of the response that comes next on a connection. */
  watch(head: ResponseHead): void {
    this.#servers.set(head, undefined);
    head.onField = (name, value) => {
      if (name === 'server') this.#servers.set(head, value.slice(0, maxServerLength));
    };
  }

  take(connection: Connection): void {
    const { parser, tls } = connection;
    this.first = { server: this.#servers.get(parser.head), bodyBytes: parser.bodyBytes, tls };
    // Whoever was listened to as well goes back to the fast path.
    for (const watched of this.#servers.keys()) watched.onField = undefined;
    this.#servers.clear();
  }
}
