import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { addressText, type SocketAddress } from '../address.js';
import { endToEnd } from './headers.js';
import type { Selection } from './selection.js';

/** One backend as the proxy reaches it. */
export interface ProxyBackend {
  readonly address: string;
  readonly socket: SocketAddress;
  readonly agent: Agent;
}

export interface ExchangeOptions {
  readonly poolName: string;
  readonly backends: readonly ProxyBackend[];
  /** nginx's proxy_connect_timeout, and the longest silence of a backend (proxy_read_timeout). */
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
  readonly #response: ServerResponse;
  readonly #selection: Selection;
  readonly #options: ExchangeOptions;
  readonly #done: (exchanged: Exchanged) => void;
  readonly #headers: string[];
  readonly #hasBody: boolean;
  readonly #attempts: string[] = [];
  #bodyBytes = 0;
  #bodyTaken = false;
  #over = false;
  /** The attempt in progress, whose server has not been given back yet. */
  #current: { readonly index: number; readonly request: ClientRequest } | undefined;

  constructor(
    incoming: IncomingMessage,
    response: ServerResponse,
    selection: Selection,
    options: ExchangeOptions,
    done: (exchanged: Exchanged) => void,
  ) {
    this.#incoming = incoming;
    this.#response = response;
    this.#selection = selection;
    this.#options = options;
    this.#done = done;
    this.#hasBody =
      incoming.headers['content-length'] !== undefined || incoming.headers['transfer-encoding'] !== undefined;
    this.#headers = requestHeaders(incoming);
    response.on('close', () => this.#closed());
    incoming.on('error', () => {
      // The client broke off in the middle of its body; `close` follows.
    });
    this.#attempt();
  }

  #attempt(): void {
    const index = this.#selection.next(this.#options.nowSec());
    const backend = index === undefined ? undefined : this.#options.backends[index];
    if (index === undefined || backend === undefined) {
      this.#attempts.push(this.#options.poolName);
      this.#refuse(502);
      return;
    }
    this.#attempts.push(backend.address);
    let connected = false;
    let timedOut = false;
    const outgoing = request({
      agent: backend.agent,
      ...('path' in backend.socket
        ? { socketPath: backend.socket.path }
        : { host: backend.socket.host, port: backend.socket.port }),
      method: this.#incoming.method ?? 'GET',
      path: this.#incoming.url ?? '/',
      headers: this.#headers,
      timeout: this.#options.timeoutMs,
    });
    this.#current = { index, request: outgoing };
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
    outgoing.on('error', () => this.#failed(index, connected, timedOut));
    outgoing.on('response', (response) => this.#relay(index, response));
    if (!this.#hasBody) outgoing.end();
  }

  /** The attempt ended before a response header. */
  #failed(index: number, connected: boolean, timedOut: boolean): void {
    if (this.#current?.index !== index || this.#over) return;
    this.#incoming.unpipe();
    this.#give(true);
    if (this.#response.headersSent) return;
    const maySendAgain = !connected || !notRepeatable.has(this.#incoming.method ?? '');
    if (this.#selection.mayRetry && maySendAgain && !this.#bodyTaken) this.#attempt();
    else this.#refuse(timedOut ? 504 : 502);
  }

  #relay(index: number, backendResponse: IncomingMessage): void {
    const headers = endToEnd(
      backendResponse.rawHeaders,
      backendResponse.headers.connection,
      droppedFromResponse,
    );
    headers.push('X-Upstream', this.#attempts.join(', '));
    this.#response.writeHead(backendResponse.statusCode ?? 502, backendResponse.statusMessage, headers);
    backendResponse.on('data', (chunk: Buffer) => {
      this.#bodyBytes += chunk.length;
      if (this.#response.write(chunk)) return;
      backendResponse.pause();
      this.#response.once('drain', () => backendResponse.resume());
    });
    backendResponse.on('end', () => {
      if (this.#current?.index === index) this.#give(false);
      this.#response.end();
    });
    // The backend broke off: the client must see an incomplete response, not a shorter one.
    backendResponse.on('error', () => this.#response.destroy());
  }

  /** Answers with an error of our own. */
  #refuse(status: 502 | 504): void {
    const body = Buffer.from(`${status} ${status === 502 ? 'Bad Gateway' : 'Gateway Time-out'}\n`);
    this.#bodyBytes = this.#incoming.method === 'HEAD' ? 0 : body.length;
    this.#incoming.resume();
    this.#response.writeHead(status, {
      'Content-Type': 'text/plain',
      'Content-Length': body.length,
      'X-Upstream': this.#attempts.join(', '),
    });
    this.#response.end(body);
  }

  /** Gives the server of the current attempt back to the method. */
  #give(failed: boolean): void {
    if (this.#current === undefined) return;
    const { index } = this.#current;
    this.#current = undefined;
    this.#selection.end(index, failed, this.#options.nowSec());
  }

  /** The response is complete, or the client is gone: whatever is still open at the backend ends. */
  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    const open = this.#current?.request;
    this.#give(false);
    open?.destroy();
    const answered = this.#response.headersSent;
    this.#done({
      status: answered ? this.#response.statusCode : 499,
      bodyBytes: this.#bodyBytes,
      upstream: this.#attempts.join(', '),
    });
  }
}

function requestHeaders(incoming: IncomingMessage): string[] {
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
    'http',
  );
  if (incoming.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  return headers;
}

/** An HTTP/1.0 request may come without a Host. */
function hostOf(incoming: IncomingMessage): string {
  const { localAddress = '127.0.0.1', localPort = 80 } = incoming.socket;
  return addressText({ host: localAddress, port: localPort });
}
