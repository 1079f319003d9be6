import { nowUs } from '../../monotonic-clock.js';
import type { Line, LineEvents } from '../wire.js';
import { type Endpoints, SocketError } from './endpoints.js';
import { controlBytes, KernelWire } from './kernel-wire.js';
import { type Libc, linux } from './libc.js';
import { KernelMemory } from './memory.js';

const epoll = { add: 1, in: 1, out: 4, error: 8, hangUp: 0x10, peerClosed: 0x2000, onEdge: 1 << 31 } as const;
/** Edges are told once, so a line is added once and never changed. */
const interest = epoll.in | epoll.out | epoll.peerClosed | epoll.onEdge;
/** Behind one of these there is an end, or an error, to be read. */
const ending = epoll.peerClosed | epoll.hangUp | epoll.error;

const mostEvents = 512;
/** The structure is packed on x86-64 only. */
const eventWords = process.arch === 'x64' ? 3 : 4;
const dataWord = eventWords - 2;
const readBytes = 64 * 1024;
/** A line that has more to be read after so many reads waits for the others. */
const mostReads = 16;
/** A large body goes out in slices of this. */
const sliceBytes = 256 * 1024;

/** Where the structures lie. */
const at = {
  event: 0,
  timeout: 16,
  message: 32,
  vector: 96,
  control: 128,
  events: 256,
  bytes: 12_288,
} as const;
const controlLengthAt = at.message + 40;

const noBytes = Buffer.alloc(0);
const errorValue = Buffer.alloc(4);
const errorLength = Buffer.from([4, 0, 0, 0]);

/** `epoll`, `send` and `recvmsg`: wherever Linux runs, two calls and a share of a third for each request. */
export class EpollWire extends KernelWire {
  readonly memory: KernelMemory;
  /** Open sockets. */
  sockets = 0;
  readonly #epoll: number;
  readonly #lines: EpollLine[] = [];
  /** Have something to be told, or to be read, at the next exchange. */
  #waiting: EpollLine[] = [];
  #waitsPrecisely = true;

  constructor(libc: Libc, endpoints: Endpoints) {
    super(libc, endpoints);
    const memory = KernelMemory.anonymous(libc, at.bytes + readBytes);
    this.memory = memory;
    memory.setLong(at.message + 16, memory.addressOf(at.vector, 16));
    memory.setLong(at.message + 24, 1);
    memory.setLong(at.message + 32, memory.addressOf(at.control, controlBytes));
    memory.setLong(at.vector, memory.addressOf(at.bytes, readBytes));
    memory.setLong(at.vector + 8, readBytes);
    this.#epoll = libc.epollCreate(linux.SOCK_CLOEXEC);
    if (this.#epoll < 0) throw new Error(`epoll_create1: errno ${libc.errno()}`);
  }

  newLine(source: number, events: LineEvents): Line {
    const line = new EpollLine(this, this.libc, this.endpoints, this.#lines.length, source, events);
    this.#lines.push(line);
    return line;
  }

  /** Has `attend` called at the next exchange. */
  await(line: EpollLine): void {
    this.#waiting.push(line);
  }

  /** Watches a socket from now on. @returns 0, or an errno */
  watch(fd: number, line: number, generation: number): number {
    const { memory } = this;
    const word = at.event >> 2;
    memory.words[word] = interest;
    memory.words[word + dataWord] = line;
    memory.words[word + dataWord + 1] = generation;
    const event = memory.addressOf(at.event, eventWords * 4);
    return this.libc.epollControl(this.#epoll, epoll.add, fd, event) < 0 ? this.libc.errno() : 0;
  }

  /** The errno that a connection ended in; 0 for one that is there. */
  errorOf(fd: number): number {
    this.libc.getsockopt(fd, linux.SOL_SOCKET, linux.SO_ERROR, errorValue, errorLength);
    return errorValue.readInt32LE(0);
  }

  /** Reads what has come on a socket. @returns bytes at `at.bytes`, 0 at the end, or a negative errno */
  receive(fd: number): number {
    const { memory } = this;
    memory.words[controlLengthAt >> 2] = controlBytes;
    const length = this.libc.recvmsg(fd, memory.addressOf(at.message, 56), linux.MSG_DONTWAIT);
    return length < 0 ? -this.libc.errno() : length;
  }

  /** Tells what was received last. */
  tell(events: LineEvents, length: number, afterUs: number): void {
    const seenUs = nowUs();
    const { bytes, words } = this.memory;
    const arrivedUs = this.arrival(
      this.memory,
      at.control,
      words[controlLengthAt >> 2] as number,
      afterUs,
      seenUs,
    );
    events.onBytes(bytes, at.bytes, at.bytes + length, arrivedUs, seenUs);
  }

  protected exchange(limitUs: number): void {
    const waiting = this.#waiting;
    if (waiting.length > 0) {
      this.#waiting = [];
      for (const line of waiting) line.attend();
    }
    const count = this.#wait(this.#waiting.length > 0 ? 0 : limitUs);
    const { words } = this.memory;
    for (let i = 0; i < count; i++) {
      const word = (at.events >> 2) + i * eventWords;
      const line = this.#lines[words[word + dataWord] as number];
      if (line !== undefined && line.generation === words[word + dataWord + 1]) {
        line.handle(words[word] as number);
      }
    }
  }

  override close(): void {
    this.libc.close(this.#epoll);
    this.memory.unmap();
    super.close();
    if (this.sockets !== 0) throw new Error(`${this.sockets} sockets were left open`);
  }

  #wait(limitUs: number): number {
    const { libc, memory } = this;
    const events = memory.addressOf(at.events, mostEvents * eventWords * 4);
    if (limitUs > 0 && this.#waitsPrecisely) {
      memory.setTime(at.timeout, limitUs);
      const timeout = memory.addressOf(at.timeout, 16);
      const count = libc.epollWaitPrecisely(this.#epoll, events, mostEvents, timeout);
      if (count >= 0 || libc.errno() === linux.EINTR) return count;
      this.#waitsPrecisely = false;
    }
    // Rounded down: what is left of a millisecond is polled.
    return libc.epollWait(this.#epoll, events, mostEvents, Math.floor(limitUs / 1000));
  }
}

enum State {
  Closed,
  Connecting,
  Open,
  /** Of no further use; that it is closed is still to be told. */
  Closing,
}

class EpollLine implements Line {
  readonly tls = undefined;
  /** Tells this connection's events from those of the ones before. */
  generation = 0;
  #state = State.Closed;
  #fd = -1;
  #isEnded = false;
  #handedUs = 0;
  #isWaiting = false;
  #problem: SocketError | undefined;
  #isUnread = false;
  #bytes: Buffer = noBytes;
  #bytesSent = 0;
  /** What follows them, in a copy that all connections share. */
  #body: Uint8Array = noBytes;
  #bodySent = 0;

  constructor(
    readonly wire: EpollWire,
    readonly libc: Libc,
    readonly endpoints: Endpoints,
    readonly index: number,
    readonly source: number,
    readonly events: LineEvents,
  ) {}

  open(): void {
    const { endpoints, libc } = this;
    this.generation++;
    this.#state = State.Connecting;
    this.#isEnded = false;
    this.#isUnread = false;
    this.#problem = undefined;
    this.#handOver();
    try {
      this.#fd = endpoints.socket(this.source);
      this.wire.sockets++;
      const { peer } = endpoints;
      const connected = libc.connect(this.#fd, peer, peer.length);
      const errno = connected < 0 ? libc.errno() : 0;
      if (errno !== 0 && errno !== linux.EINPROGRESS) throw endpoints.errorOf('connect', errno);
      const refused = this.wire.watch(this.#fd, this.index, this.generation);
      if (refused !== 0) throw endpoints.errorOf('connect', refused);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      this.#problem = error;
      this.#await();
    }
  }

  send(bytes: Buffer, body: Uint8Array): void {
    this.#bytes = bytes;
    this.#bytesSent = 0;
    this.#body = body;
    this.#bodySent = 0;
    if (this.#state !== State.Open) return;
    this.#handOver();
    this.#write();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#state = State.Closing;
    if (this.#fd >= 0) {
      this.libc.close(this.#fd);
      this.wire.sockets--;
      this.#fd = -1;
    }
    this.#bytes = noBytes;
    this.#body = noBytes;
    this.#bytesSent = 0;
    this.#bodySent = 0;
    this.#await();
  }

  get isDrained(): boolean {
    return this.#bytesSent === this.#bytes.length && this.#bodySent === this.#body.length;
  }

  /** Tells what has been waiting to be told. */
  attend(): void {
    this.#isWaiting = false;
    if (this.#state === State.Closing) {
      this.#state = State.Closed;
      this.events.onClosed();
      return;
    }
    const problem = this.#problem;
    this.#problem = undefined;
    // An answer that came before the line broke still counts.
    if (this.#state === State.Open && (this.#isUnread || problem !== undefined)) {
      this.#isUnread = false;
      this.#read(true);
    }
    if (problem !== undefined && this.#isOpen) this.events.onError(problem.code, problem.message);
  }

  /** Something happened. @param told bits of `epoll` */
  handle(told: number): void {
    if (this.#state === State.Connecting) this.#connected(told);
    if (this.#state !== State.Open) return;
    if ((told & (epoll.in | ending)) !== 0) this.#read((told & ending) !== 0);
    if (this.#state === State.Open && !this.isDrained) this.#write();
  }

  get #isOpen(): boolean {
    return this.#state === State.Connecting || this.#state === State.Open;
  }

  #await(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.wire.await(this);
  }

  #handOver(): void {
    this.#handedUs = nowUs();
    this.events.onHandedOver(this.#handedUs);
  }

  #connected(told: number): void {
    if ((told & (epoll.out | ending)) === 0) return;
    const errno = this.wire.errorOf(this.#fd);
    if (errno !== 0) {
      const error = this.endpoints.errorOf('connect', errno);
      this.events.onError(error.code, error.message);
      return;
    }
    this.#state = State.Open;
    this.events.onReady(nowUs());
  }

  /** @param isEnding there is an end to be read, behind what there is */
  #read(isEnding: boolean): void {
    const { wire, events } = this;
    for (let reads = 0; this.#state === State.Open && !this.#isEnded; reads++) {
      if (reads === mostReads) {
        this.#isUnread = true;
        this.#await();
        return;
      }
      const length = wire.receive(this.#fd);
      if (length > 0) {
        wire.tell(events, length, this.#handedUs);
        // Less than there was room for is all there is.
        if (length < readBytes && !isEnding) return;
      } else if (length === 0) {
        this.#isEnded = true;
        events.onEnd(true);
      } else if (length === -linux.EAGAIN) {
        return;
      } else if (length !== -linux.EINTR) {
        this.#isEnded = true;
        const error = this.endpoints.errorOf('read', -length);
        events.onError(error.code, error.message);
      }
    }
  }

  #write(): void {
    const bytes = this.#bytes;
    if (this.#bytesSent < bytes.length) {
      const rest = this.#bytesSent === 0 ? bytes : bytes.subarray(this.#bytesSent);
      const more = this.#body.length > 0 ? linux.MSG_MORE : 0;
      this.#bytesSent += this.#hand(rest, more);
      if (this.#bytesSent < bytes.length) return;
    }
    while (this.#bodySent < this.#body.length) {
      const slice = this.#body.subarray(this.#bodySent, this.#bodySent + sliceBytes);
      const taken = this.#hand(slice, 0);
      this.#bodySent += taken;
      if (taken < slice.length) return;
    }
  }

  /** @returns how much the system has taken */
  #hand(bytes: Uint8Array, flags: number): number {
    const { libc } = this;
    const taken = libc.send(this.#fd, bytes, bytes.length, flags | linux.MSG_NOSIGNAL | linux.MSG_DONTWAIT);
    if (taken >= 0) {
      this.events.onSent(taken);
      return taken;
    }
    const errno = libc.errno();
    if (errno !== linux.EAGAIN && errno !== linux.EINTR) {
      this.#problem = this.endpoints.errorOf('write', errno);
      this.#await();
    }
    return 0;
  }
}
