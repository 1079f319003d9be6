import { lookup } from 'node:dns/promises';
import {
  connect,
  type IpcNetConnectOpts,
  isIP,
  type LookupFunction,
  Socket,
  type SocketConstructorOpts,
  type TcpNetConnectOpts,
} from 'node:net';
import { type ConnectionOptions, connect as connectTls, type SecureContext } from 'node:tls';
import { LbbenchError } from '../model/fault.js';
import type { Target, TlsPlan } from '../model/plan.js';
import { secureContextOf } from './tls-settings.js';
import { isAbort, unlessAborted } from './unless-aborted.js';

/** Time one address of several is given to accept a connection before the next is tried. */
const probeTimeoutMs = 1000;

/** Receives what arrives on a socket; the buffer is shared by all sockets and only valid during the call. */
export type ReadCallback = (bytes: number, buffer: Uint8Array) => boolean;

/**
 * All reads of a thread go into one buffer: libuv reads and calls back before anything else is read, so sockets never
 * hold bytes in it at the same time. 10,000 connections then cost no 640 MB of buffers.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Opens connections to one target from one local address. */
export class Dialer {
  readonly #secureContext: SecureContext | undefined;
  readonly #options: TcpNetConnectOpts | IpcNetConnectOpts;

  /**
   * @param address IP address to connect to; unused for a unix socket
   * @param localAddress `undefined` lets the system choose
   */
  constructor(
    readonly target: Target,
    address: string,
    localAddress?: string,
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

/**
 * Resolves the target's host once, before the run. A name with several addresses (`localhost` on most machines) is
 * tried with bare connects, which cost the balancer no pick and no log line; the first that accepts is used.
 *
 * @throws LbbenchError when the name does not resolve; the signal's reason when it is aborted before
 */
export async function resolveTarget(target: Target, signal: AbortSignal | undefined): Promise<string> {
  if (target.socketPath !== undefined || isIP(target.host) !== 0) return target.host;
  let addresses: string[];
  try {
    addresses = (await unlessAborted(lookup(target.host, { all: true }), signal)).map(
      ({ address }) => address,
    );
  } catch (error) {
    if (isAbort(error, signal)) throw error;
    throw new LbbenchError('unmeasurable', [
      {
        path: 'target',
        message: `expected a host name that resolves, got ${JSON.stringify(target.host)} (${(error as NodeJS.ErrnoException).code ?? 'no address'})`,
        hint: 'check the spelling, or give the address itself',
      },
    ]);
  }
  if (addresses.length > 1) {
    for (const address of addresses)
      if (await unlessAborted(accepts(address, target.port), signal)) return address;
  }
  return addresses[0] as string;
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, autoSelectFamily: false });
    const finish = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.setTimeout(probeTimeoutMs, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
