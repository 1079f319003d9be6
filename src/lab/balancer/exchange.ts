import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { Attempts } from '../../balancing/balancer.js';
import { addressText, type SocketAddress } from '../address.js';
import { endToEnd } from './headers.js';

/** One backend as the proxy reaches it. */
export interface ProxyBackend {
  readonly address: string;
  readonly socket: SocketAddress;
  readonly agent: Agent;
}

export interface ExchangeOptions {
  readonly poolName: string;
  /** What clients speak. */
  readonly scheme: 'http' | 'https';
  readonly backends: readonly ProxyBackend[];
  /** Longest wait for a connection to a backend, and for its next byte. */
  readonly timeoutMs: number;
  readonly nowSec: () => number;
}

/** What became of a request. */
export interface Exchanged {
  /** 499 when the client gave up before an answer. */
  readonly status: number;
  readonly bodyBytes: number;
  /** As `$upstream_addr`: every attempt, and the pool's name when no server was left. */
  readonly upstream: string;
}

/** Methods whose request nginx does not repeat once it may have been sent (`non_idempotent`). */
const notRepeatable: ReadonlySet<string> = new Set(['POST', 'LOCK', 'PATCH']);
const droppedFromRequest: ReadonlySet<string> = new Set([
  'host',
  'expect',
  'x-real-ip',
  'x-forwarded-for',
  'x-forwarded-proto',
]);
const droppedFromResponse: ReadonlySet<string> = new Set(['x-upstream']);

/**
 * One request on its way through the balancer: tries servers as nginx's default `proxy_next_upstream error timeout`
 * does and streams the bodies both ways. It calls `done` once, when nothing more will happen.
 */
export class Exchange {
  readonly #incoming: IncomingMessage;
  /** In origin form: `/path?query`. */
  readonly #target: string;
  readonly #response: ServerResponse;
  readonly #attempts: Attempts;
  readonly #options: ExchangeOptions;
  readonly #done: (exchanged: Exchanged) => void;
  readonly #headers: string[];
  readonly #hasBody: boolean;
  /** `$upstream_addr`: every attempt, then the pool's name if no server was left. */
  readonly #tried: string[] = [];
  #bodyBytes = 0;
  #bodyTaken = false;
  #over = false;
  /** The attempt in progress, whose server has not been given back yet. */
  #current: ClientRequest | undefined;

  constructor(
    incoming: IncomingMessage,
    target: string,
    response: ServerResponse,
    attempts: Attempts,
    options: ExchangeOptions,
    done: (exchanged: Exchanged) => void,
  ) {
    this.#incoming = incoming;
    this.#target = target;
    this.#response = response;
    this.#attempts = attempts;
    this.#options = options;
    this.#done = done;
    this.#hasBody =
      incoming.headers['content-length'] !== undefined || incoming.headers['transfer-encoding'] !== undefined;
    this.#headers = requestHeaders(incoming, options.scheme);
    response.on('close', () => this.#closed());
    incoming.on('error', () => {
      // The client broke off in the middle of its body; `close` follows.
    });
    this.#attempt();
  }

  #attempt(): void {
    const index = this.#attempts.next(this.#options.nowSec());
    const backend = index === undefined ? undefined : this.#options.backends[index];
    if (backend === undefined) {
      this.#tried.push(this.#options.poolName);
      this.#refuse(502);
      return;
    }
    this.#tried.push(backend.address);
    let connected = false;
    let timedOut = false;
    const outgoing = request({
      agent: backend.agent,
      ...('path' in backend.socket
        ? { socketPath: backend.socket.path }
        : { host: backend.socket.host, port: backend.socket.port }),
      method: this.#incoming.method ?? 'GET',
      path: this.#target,
      headers: this.#headers,
      timeout: this.#options.timeoutMs,
    });
    this.#current = outgoing;
    const ready = () => {
      connected = true;
      if (!this.#hasBody) return;
      this.#bodyTaken = true;
      this.#incoming.pipe(outgoing);
    };
    outgoing.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', ready);
      else ready();
    });
    outgoing.on('timeout', () => {
      timedOut = true;
      outgoing.destroy();
    });
    outgoing.on('error', () => this.#failed(outgoing, connected, timedOut));
    outgoing.on('response', (response) => this.#relay(outgoing, response));
    // Nobody has asked for another protocol.
    outgoing.on('upgrade', (_, socket) => {
      socket.destroy();
      this.#failed(outgoing, true, false);
    });
    if (!this.#hasBody) outgoing.end();
  }

  /** The attempt ended before a response header. */
  #failed(outgoing: ClientRequest, connected: boolean, timedOut: boolean): void {
    if (this.#current !== outgoing) return;
    this.#incoming.unpipe();
    this.#give('failed');
    if (this.#response.headersSent) return;
    const maySendAgain = !connected || !notRepeatable.has(this.#incoming.method ?? '');
    if (this.#attempts.triesLeft > 0 && maySendAgain && !this.#bodyTaken) this.#attempt();
    else this.#refuse(timedOut ? 504 : 502);
  }

  #relay(outgoing: ClientRequest, backendResponse: IncomingMessage): void {
    const headers = endToEnd(
      backendResponse.rawHeaders,
      backendResponse.headers.connection,
      droppedFromResponse,
    );
    headers.push('X-Upstream', this.#tried.join(', '));
    try {
      this.#response.writeHead(backendResponse.statusCode ?? 502, backendResponse.statusMessage, headers);
    } catch {
      // A status or a reason that node:http parses and does not write is an invalid header to nginx too.
      outgoing.destroy();
      this.#failed(outgoing, true, false);
      return;
    }
    // A stream's head goes on before there is a body.
    setImmediate(() => {
      if (this.#bodyBytes === 0 && !this.#over) this.#response.flushHeaders();
    });
    backendResponse.on('data', (chunk: Buffer) => {
      this.#bodyBytes += chunk.length;
      if (this.#response.write(chunk)) return;
      backendResponse.pause();
      this.#response.once('drain', () => backendResponse.resume());
    });
    backendResponse.on('end', () => {
      if (this.#current === outgoing) this.#give('ok');
      this.#response.end();
    });
    // The backend broke off: the client must see an incomplete response, not a shorter one.
    backendResponse.on('error', () => this.#response.destroy());
  }

  /** Answers with an error of our own. */
  #refuse(status: 502 | 504): void {
    const reason = status === 502 ? 'Bad Gateway' : 'Gateway Time-out';
    const body = Buffer.from(`${status} ${reason}\n`);
    this.#bodyBytes = this.#incoming.method === 'HEAD' ? 0 : body.length;
    this.#incoming.resume();
    this.#response.writeHead(status, reason, {
      'Content-Type': 'text/plain',
      'Content-Length': body.length,
      'X-Upstream': this.#tried.join(', '),
    });
    this.#response.end(body);
  }

  /** Gives the server of the current attempt back to the method. */
  #give(outcome: 'ok' | 'failed'): void {
    if (this.#current === undefined) return;
    this.#current = undefined;
    this.#attempts.end(outcome, this.#options.nowSec());
  }

  /** The response is complete, or the client is gone: whatever is still open at the backend ends. */
  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    const open = this.#current;
    this.#give('ok');
    open?.destroy();
    const answered = this.#response.headersSent;
    this.#done({
      status: answered ? this.#response.statusCode : 499,
      bodyBytes: this.#bodyBytes,
      upstream: this.#tried.join(', '),
    });
  }
}

function requestHeaders(incoming: IncomingMessage, scheme: string): string[] {
  const headers = endToEnd(incoming.rawHeaders, incoming.headers.connection, droppedFromRequest);
  const client = incoming.socket.remoteAddress ?? '';
  const forwarded = incoming.headers['x-forwarded-for'];
  headers.push(
    'Host',
    incoming.headers.host ?? hostOf(incoming),
    'X-Real-IP',
    client,
    'X-Forwarded-For',
    forwarded === undefined ? client : `${forwarded}, ${client}`,
    'X-Forwarded-Proto',
    scheme,
  );
  if (incoming.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  return headers;
}

/** An HTTP/1.0 request may come without a Host. */
function hostOf(incoming: IncomingMessage): string {
  const { localAddress = '127.0.0.1', localPort = 80 } = incoming.socket;
  return addressText({ host: localAddress, port: localPort });
}
