import {
  type IpcNetConnectOpts,
  isIP,
  type LookupFunction,
  Socket,
  type SocketConstructorOpts,
  type TcpNetConnectOpts,
} from 'node:net';
import { performance } from 'node:perf_hooks';
import { type ConnectionOptions, connect as connectTls, type SecureContext, TLSSocket } from 'node:tls';
import type { Target, TlsPlan } from '../../model/plan.js';
import type { TlsSession } from '../load-job.js';
import { nowUs } from '../monotonic-clock.js';
import { secureContextOf } from '../tls-settings.js';
import { hasSaidGoodbye, tlsSessionOf } from './tls-session.js';
import type { Line, LineEvents, Wire } from './wire.js';

/** How far ahead of its time a timer wakes: Node's are up to a millisecond late, so the rest is polled. */
const wakeAheadUs = 1500;
/** A large body goes out in slices of this: TLS encrypts what it is given into memory of its own, all at once. */
const sliceBytes = 256 * 1024;

const noBody = new Uint8Array(0);

/**
 * All reads of a thread go into one buffer: libuv reads and calls back before anything else is read, so sockets never
 * hold bytes in it at the same time. 10,000 connections then cost no 640 MB of buffers.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** `node:net` and `node:tls`: works everywhere, and knows of an arrival when the event loop comes round to it. */
export class NodeWire implements Wire {
  /** One for each local address. */
  readonly #dialers: readonly Dialer[];
  #ticker: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  /**
   * @param address IP address of the target
   * @param sourceAddresses local ones; empty to let the system choose
   */
  constructor(target: Target, address: string, sourceAddresses: readonly string[]) {
    const sources = sourceAddresses.length === 0 ? [undefined] : sourceAddresses;
    this.#dialers = sources.map((source) => new Dialer(target, address, source));
  }

  newLine(source: number, events: LineEvents): Line {
    return new NodeLine(this.#dialers[source] as Dialer, events);
  }

  begin(onTick: () => void, everyMs: number): void {
    this.#ticker = setInterval(onTick, everyMs);
  }

  end(): void {
    clearInterval(this.#ticker);
  }

  soon(callback: () => void): void {
    // Immediates run behind the poll of their turn.
    setImmediate(callback);
  }

  wakeIn(us: number, callback: () => void): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    if (us === Number.POSITIVE_INFINITY) return;
    const atUs = nowUs() + us;
    const poll = () => {
      if (nowUs() >= atUs) callback();
      else this.#immediate = setImmediate(poll);
    };
    if (us > wakeAheadUs) {
      this.#timer = setTimeout(poll, Math.max(1, Math.floor((us - wakeAheadUs) / 1000)));
    } else {
      this.#immediate = setImmediate(poll);
    }
  }

  get busyUs(): number {
    return performance.eventLoopUtilization().active * 1000;
  }

  close(): void {}
}

class NodeLine implements Line {
  readonly #dialer: Dialer;
  readonly #events: LineEvents;
  #socket: Socket | undefined;
  #isReady = false;
  #isClosing = false;
  #bytes: Buffer | undefined;
  /** What follows them, in a copy that all connections share. */
  #body: Uint8Array = noBody;
  #bodySent = 0;

  constructor(dialer: Dialer, events: LineEvents) {
    this.#dialer = dialer;
    this.#events = events;
  }

  open(): void {
    this.#events.onHandedOver(nowUs());
    this.#isClosing = false;
    if (this.#socket !== undefined && this.#dialer.reusesSockets) {
      this.#dialer.reopen(this.#socket);
      return;
    }
    const socket = this.#dialer.open((bytes, buffer) => this.#onBytes(bytes, buffer));
    this.#socket = socket;
    socket.on(this.#dialer.readyEvent, () => this.#onReady());
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    socket.on('close', () => this.#onClose());
  }

  send(bytes: Buffer, body: Uint8Array): void {
    this.#bytes = bytes;
    this.#body = body;
    this.#bodySent = 0;
    if (!this.#isReady) return;
    this.#events.onHandedOver(nowUs());
    this.#write();
  }

  close(): void {
    this.#isClosing = true;
    this.#socket?.destroy();
  }

  get isDrained(): boolean {
    return this.#bodySent === this.#body.length && this.#socket?.writableLength === 0;
  }

  get tls(): TlsSession | undefined {
    const socket = this.#socket;
    return socket instanceof TLSSocket ? tlsSessionOf(socket) : undefined;
  }

  #write(): void {
    const socket = this.#socket as Socket;
    const bytes = this.#bytes as Buffer;
    this.#bytes = undefined;
    this.#events.onSent(bytes.length);
    if (this.#body.length === 0) {
      socket.write(bytes);
      return;
    }
    socket.cork();
    socket.write(bytes);
    this.#writeSlice();
    socket.uncork();
  }

  /** Sends the next slice of the body, and the ones behind it as the system takes them. */
  #writeSlice(): void {
    const slice = this.#body.subarray(this.#bodySent, this.#bodySent + sliceBytes);
    this.#bodySent += slice.length;
    this.#events.onSent(slice.length);
    if (this.#bodySent === this.#body.length) this.#socket?.write(slice);
    else
      this.#socket?.write(slice, (error) => {
        if (!error && this.#isReady && !this.#isClosing) this.#writeSlice();
      });
  }

  #onReady(): void {
    if (this.#isClosing) return;
    this.#isReady = true;
    this.#events.onReady(nowUs());
    if (this.#bytes !== undefined && !this.#isClosing) this.#write();
  }

  #onBytes(bytes: number, buffer: Uint8Array): boolean {
    if (!this.#isClosing) {
      const now = nowUs();
      this.#events.onBytes(buffer, 0, bytes, now, now);
    }
    return true;
  }

  #onEnd(): void {
    const socket = this.#socket;
    if (!this.#isClosing) this.#events.onEnd(!(socket instanceof TLSSocket) || hasSaidGoodbye(socket));
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (!this.#isClosing) this.#events.onError(error.code, error.message);
  }

  #onClose(): void {
    this.#isReady = false;
    this.#bytes = undefined;
    if (!this.#dialer.reusesSockets) this.#socket = undefined;
    this.#events.onClosed();
  }
}

/** Receives what arrives on a socket; the buffer is shared by all sockets and only valid during the call. */
type ReadCallback = (bytes: number, buffer: Uint8Array) => boolean;

/** Opens connections to one target from one local address. */
class Dialer {
  readonly #secureContext: SecureContext | undefined;
  readonly #options: TcpNetConnectOpts | IpcNetConnectOpts;

  /**
   * @param address IP address to connect to; unused for a unix socket
   * @param localAddress `undefined` lets the system choose
   */
  constructor(
    readonly target: Target,
    address: string,
    localAddress: string | undefined,
  ) {
    const { tls, socketPath, port } = target;
    this.#options =
      socketPath !== undefined
        ? { path: socketPath }
        : {
            host: address,
            port,
            noDelay: true,
            // The address is known; racing IPv4 against IPv6 would only cost time.
            autoSelectFamily: false,
            ...(localAddress !== undefined && { localAddress }),
            // A host name is only there for the certificate; it must lead to the address chosen before the run.
            ...(tls !== undefined &&
              isIP(target.host) === 0 && { host: target.host, lookup: fixedLookup(address) }),
          };
    if (tls === undefined) return;
    this.#secureContext = secureContextOf(tls);
  }

  /** Name of the event that says a connection is ready for a request. */
  get readyEvent(): 'connect' | 'secureConnect' {
    return this.#secureContext === undefined ? 'connect' : 'secureConnect';
  }

  /** True when a socket that has closed can be connected again, which saves building a new one. */
  get reusesSockets(): boolean {
    return this.#secureContext === undefined;
  }

  /** Connects a new socket. */
  open(callback: ReadCallback): Socket {
    const onread = { buffer: readBuffer, callback };
    if (this.#secureContext === undefined) {
      // Half-open, so that the end of the peer's side is answered with a close and not with a shutdown first.
      const options: SocketConstructorOpts & { onread: unknown } = { onread, allowHalfOpen: true };
      return new Socket(options).connect(this.#options);
    }
    const { serverName, verify } = this.target.tls as TlsPlan;
    // TLS sockets take `onread` as plain ones do; only the declared options leave it out.
    const options: ConnectionOptions & { onread: unknown } = {
      ...this.#options,
      onread,
      secureContext: this.#secureContext,
      rejectUnauthorized: verify,
      ...(serverName !== undefined && { servername: serverName }),
    };
    return connectTls(options);
  }

  /** Connects a socket of this dialer again after its `close` event. */
  reopen(socket: Socket): void {
    socket.connect(this.#options);
  }
}

/** Has the name in `host` resolve to the address chosen before the run. */
function fixedLookup(address: string): LookupFunction {
  return (_host, _options, callback) => callback(null, address, isIP(address));
}
