/**
 * What lbbench uses of autocannon 9, which ships no types. All of it is in its README but `responseMax`,
 * `getRequestBuffer`, `destroy` and the events `request`, `body`, `connError`, `timeout` and `done` of a client; the tests
 * of the adapter fail when one of those goes away.
 */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  /** A connection. It makes one request at a time, and connects again whenever that goes wrong. */
  export interface Client extends EventEmitter {
    /** Requests it makes at most; 0 for no limit. Looked at before every request. */
    responseMax: number;
    /** The bytes of the request it is at. */
    getRequestBuffer(): Buffer;
    destroy(): void;
  }

  /** Argument of a client's `headers` event. */
  export interface Head {
    readonly statusCode: number;
    /** Names and values in turn, as received. */
    readonly headers: readonly string[];
    readonly shouldKeepAlive: boolean;
  }

  export interface Request {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: Buffer;
    setupRequest?: (request: Request) => Request;
    onResponse?: (status: number, body: string) => void;
  }

  export interface Options {
    url: string;
    socketPath?: string;
    connections: number;
    /** Seconds. */
    duration: number;
    /** Seconds, at least 1. */
    timeout: number;
    /** How often it looks whether it is done, in milliseconds. */
    sampleInt: number;
    overallRate?: number;
    ignoreCoordinatedOmission?: boolean;
    requests: readonly Request[];
    setupClient: (client: Client) => void;
    servername?: string;
    tlsOptions?: import('node:tls').ConnectionOptions;
    skipAggregateResult?: boolean;
  }

  export interface Instance extends PromiseLike<unknown> {
    stop(): void;
  }

  function autocannon(options: Options): Instance;
  export default autocannon;
}
