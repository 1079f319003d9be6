import type { Client, Head } from 'autocannon';
import { Outcome } from '../../model/outcome.js';
import { nowUs } from '../monotonic-clock.js';

/** A request that a client has sent; moments are on the shared monotonic clock. */
export interface SentRequest {
  readonly index: number;
  readonly kind: number;
  readonly startUs: number;
}

/** How a client's request ended. */
export interface EndedRequest extends SentRequest {
  readonly endUs: number;
  readonly sentBytes: number;
  /** Of the response, when it has come. */
  readonly head: Head | undefined;
  /** When the first piece of its body came. */
  readonly bodyUs: number | undefined;
}

/** What a client tells the phase it works for. */
export interface ClientOwner {
  /** The client is about to send a request: give it one with `begin`. */
  onStart(client: WatchedClient): void;
  onResponse(request: EndedRequest & { readonly head: Head }, receivedBytes: number): void;
  onFailure(request: EndedRequest, outcome: Outcome, text: string | undefined): void;
}

/**
 * Follows one autocannon client and tells what becomes of each of its requests.
 *
 * Subtle: a client says when it starts a request, and when one is answered or the connection fails; it says nothing
 * when the server closes the connection, and it says of a timeout only after it has started the next request. So a
 * request still in flight when its client goes on is set aside, and judged when the client is done with that step.
 */
export class WatchedClient {
  /** Requests started so far. */
  started = 0;
  /** The request in flight. */
  #current: SentRequest | undefined;
  #aside: { readonly request: EndedRequest; timedOut: boolean } | undefined;
  #answering = false;
  #head: Head | undefined;
  #bodyUs: number | undefined;
  /** The response before the request in flight said that it was the connection's last. */
  #announcedClose = false;
  #nextIsInVain = false;

  constructor(
    readonly client: Client,
    readonly owner: ClientOwner,
    readonly timeoutMs: number,
  ) {
    client.on('request', () => {
      this.#setAside();
      this.started++;
      owner.onStart(this);
    });
    client.on('headers', (head: Head) => {
      this.#head = head;
    });
    client.on('body', () => {
      this.#bodyUs ??= nowUs();
    });
    client.on('response', (_status: number, bytes: number, durationMs: number) => {
      this.#answering = true;
      this.#onResponse(bytes, durationMs);
      this.#answering = false;
    });
    client.on('connError', (error: NodeJS.ErrnoException) => {
      this.#fail(outcomeOf(error), this.#announcedClose ? sentInVain : error.message);
    });
    client.on('timeout', () => {
      if (this.#aside !== undefined) this.#aside.timedOut = true;
    });
    client.on('done', () => this.#setAside());
  }

  begin(index: number, kind: number): void {
    this.#announcedClose = this.#nextIsInVain;
    this.#nextIsInVain = false;
    this.#current = { index, kind, startUs: nowUs() };
  }

  /** When the request in flight started; `Infinity` without one. */
  get startUs(): number {
    return this.#current?.startUs ?? Number.POSITIVE_INFINITY;
  }

  /** Has it start no further request; what is in flight goes on. */
  closeTap(): void {
    this.client.responseMax = this.started;
    // A client that waits for its next second would not look at that before then.
    if (this.#current === undefined && !this.#answering) this.client.destroy();
  }

  /** Gives up what is in flight. */
  cancel(outcome: Outcome = Outcome.cancelled, text?: string): void {
    this.#fail(outcome, text);
    this.client.destroy();
  }

  #onResponse(receivedBytes: number, durationMs: number): void {
    const ended = this.#end();
    if (ended === undefined) return;
    const { head } = ended;
    if (head === undefined) {
      // Its parser goes on where a response broke off, whatever connection the next bytes come on.
      this.owner.onFailure(ended, Outcome.malformed, takenForRest);
      return;
    }
    this.#nextIsInVain = !head.shouldKeepAlive;
    // Its own time starts when the request is written, ours just before it is built. But after a connection that
    // the server closed it takes the times of other requests, and then ours is the shorter one.
    const serviceUs = Math.min(Math.round(durationMs * 1000), ended.endUs - ended.startUs);
    this.owner.onResponse({ ...ended, head, startUs: ended.endUs - serviceUs }, receivedBytes);
  }

  #fail(outcome: Outcome, text: string | undefined): void {
    const ended = this.#end();
    if (ended !== undefined) this.owner.onFailure(ended, outcome, text);
  }

  #setAside(): void {
    const request = this.#end();
    if (request === undefined) return;
    const closed = this.#announcedClose ? sentInVain : 'the connection was closed before the response';
    const aside = { request, timedOut: false };
    this.#aside = aside;
    queueMicrotask(() => {
      if (this.#aside === aside) this.#aside = undefined;
      if (aside.timedOut) this.owner.onFailure(request, Outcome.timeout, timedOut(this.timeoutMs));
      else this.owner.onFailure(request, Outcome.closed, closed);
    });
  }

  #end(): EndedRequest | undefined {
    const current = this.#current;
    if (current === undefined) return undefined;
    const head = this.#head;
    const bodyUs = this.#bodyUs;
    this.#current = undefined;
    this.#head = undefined;
    this.#bodyUs = undefined;
    return { ...current, head, bodyUs, endUs: nowUs(), sentBytes: this.client.getRequestBuffer().length };
  }
}

const sentInVain = 'autocannon sent it on a connection that the server had announced to close';

const takenForRest = 'autocannon took it for the rest of the response that broke off before';

function timedOut(timeoutMs: number): string {
  return `no response that autocannon understands within ${timeoutMs} ms`;
}

/** TLS errors and refused connections come before the request is out; the rest breaks an open connection. */
function outcomeOf(error: NodeJS.ErrnoException): Outcome {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' ? Outcome.reset : Outcome.connectError;
}
