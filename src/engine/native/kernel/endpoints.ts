import { isIPv4, isIPv6 } from 'node:net';
import type { Target } from '../../../model/plan.js';
import { errorName, type Libc, linux } from './libc.js';

/** Bytes that a unix socket's path may have, its end not counted. */
const longestPath = 107;
const one = Buffer.from([1, 0, 0, 0]);

/** A socket could not be made. */
export class SocketError extends Error {
  constructor(
    readonly code: string,
    text: string,
  ) {
    super(text);
  }
}

/** Where a wire connects to and from, as the kernel is told of it. */
export class Endpoints {
  readonly family: number;
  /** A sockaddr. */
  readonly peer: Buffer;
  /** As Node writes it in an error: `127.0.0.1:8001`. */
  readonly name: string;
  readonly #sources: readonly { readonly text: string; readonly address: Buffer }[];
  readonly #type: number;

  /**
   * @param address IP address of the target
   * @param flags of the socket's type
   */
  constructor(
    readonly libc: Libc,
    readonly target: Target,
    address: string,
    sourceAddresses: readonly string[],
    flags: number,
  ) {
    const { socketPath, port } = target;
    this.peer = socketPath === undefined ? internetAddress(address, port) : unixAddress(socketPath);
    this.family = this.peer.readUInt16LE(0);
    this.name = socketPath ?? `${address}:${port}`;
    this.#sources = sourceAddresses.map((text) => ({ text, address: internetAddress(text, 0) }));
    this.#type = linux.SOCK_STREAM | linux.SOCK_CLOEXEC | flags;
  }

  /** Why this target is none for the kernel's wires; `undefined` when it is one. */
  static refusal(
    { tls, socketPath }: Target,
    address: string,
    sources: readonly string[],
  ): string | undefined {
    if (tls !== undefined) return 'TLS is read by Node';
    if (socketPath !== undefined) {
      return Buffer.byteLength(socketPath) > longestPath ? 'the socket’s path is too long' : undefined;
    }
    const isPlain = (text: string) => isIPv4(text) || (isIPv6(text) && !text.includes('%'));
    return [address, ...sources].every(isPlain) ? undefined : 'an address with a zone';
  }

  /** Whether packets carry the time of their arrival. */
  get areDated(): boolean {
    return this.family !== linux.AF_UNIX;
  }

  /**
   * A new socket, bound and ready to be connected.
   *
   * @param source index of the local address
   * @throws SocketError
   */
  socket(source: number): number {
    const { libc } = this;
    const fd = libc.socket(this.family, this.#type, 0);
    if (fd < 0) throw this.#error('connect', this.name);
    if (this.family === linux.AF_UNIX) return fd;
    libc.setsockopt(fd, linux.SOL_TCP, linux.TCP_NODELAY, one, 4);
    libc.setsockopt(fd, linux.SOL_SOCKET, linux.SO_TIMESTAMPNS, one, 4);
    const local = this.#sources[source];
    if (local === undefined) return fd;
    // The port is chosen when it is known where it leads to, so that more connections fit.
    libc.setsockopt(fd, linux.SOL_IP, linux.IP_BIND_ADDRESS_NO_PORT, one, 4);
    if (libc.bind(fd, local.address, local.address.length) < 0) {
      const error = this.#error('bind', local.text);
      libc.close(fd);
      throw error;
    }
    return fd;
  }

  /** The error of an operation on this connection, worded as Node does. */
  errorOf(operation: 'connect' | 'read' | 'write', errno: number): SocketError {
    const code = errorName(errno);
    return new SocketError(code, `${operation} ${code}${operation === 'connect' ? ` ${this.name}` : ''}`);
  }

  #error(operation: string, name: string): SocketError {
    const code = errorName(this.libc.errno());
    return new SocketError(code, `${operation} ${code} ${name}`);
  }
}

/** A `sockaddr_in` or a `sockaddr_in6`. */
export function internetAddress(address: string, port: number): Buffer {
  if (isIPv4(address)) {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt16LE(linux.AF_INET, 0);
    bytes.writeUInt16BE(port, 2);
    bytes.set(address.split('.').map(Number), 4);
    return bytes;
  }
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(linux.AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(ipv6Bytes(address), 8);
  return bytes;
}

/** A `sockaddr_un`; a path that begins with a NUL is a name outside the file system. */
function unixAddress(path: string): Buffer {
  const isAbstract = path.startsWith('\0');
  const bytes = Buffer.alloc(2 + Buffer.byteLength(path) + (isAbstract ? 0 : 1));
  bytes.writeUInt16LE(linux.AF_UNIX, 0);
  bytes.write(path, 2);
  return bytes;
}

/** @param address a valid one, without a zone */
function ipv6Bytes(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const [front = '', back] = address.split('::');
  const before = groupsOf(front);
  bytes.set(before, 0);
  if (back !== undefined) {
    const after = groupsOf(back);
    bytes.set(after, 16 - after.length);
  }
  return bytes;
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}
