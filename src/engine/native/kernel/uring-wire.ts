import { nowUs } from '../../monotonic-clock.js';
import type { Line, LineEvents } from '../wire.js';
import { type Endpoints, SocketError } from './endpoints.js';
import { controlBytes, KernelWire } from './kernel-wire.js';
import { type Libc, linux } from './libc.js';
import { Blocks, type KernelMemory, Pieces } from './memory.js';
import { type CompletionSink, completion, flag, op, Ring } from './ring.js';

/** A request of up to this many bytes goes out from memory that its line keeps. */
const pieceBytes = 2048;
/** A large body goes out in slices of this, one when the last is taken. */
const sliceBytes = 256 * 1024;
const bufferBytes = 16 * 1024;
const mostBuffers = 512;
/** Of a buffer that was filled: lengths of name, control messages and payload, flags; then the control messages. */
const payloadAt = 16 + controlBytes;
const multishot = 1 << 1;
const cancelByFile = (1 << 0) | (1 << 1);
/** How long the last completions are waited for when all is over. */
const drainUs = 2_000_000;

/** Where the structures lie that all lines share. */
const at = { message: 256, peer: 320 } as const;

/** What an entry was for, in the lowest bits of its mark. */
enum Kind {
  Connect,
  Send,
  Receive,
  Close,
  Cancel,
}
const kindBits = 3;

enum State {
  Closed,
  Connecting,
  Open,
  /** Of no further use; its completions are waited for. */
  Closing,
}

/** One io_uring a thread: a system call for a whole batch of requests and of answers. */
export class UringWire extends KernelWire implements CompletionSink {
  readonly ring: Ring;
  readonly pieces: Pieces;
  readonly blocks: Blocks;
  /** Open sockets. */
  sockets = 0;
  readonly #lines: UringLine[] = [];
  /** Lines that began something which is not handed over yet. */
  #beginning: UringLine[] = [];
  /** Have something to be told at the next exchange. */
  #waiting: UringLine[] = [];
  readonly #bodies = new Map<Uint8Array, KernelMemory>();

  /**
   * @param concurrency requests in flight, at most
   * @throws NoRing
   */
  constructor(libc: Libc, endpoints: Endpoints, concurrency: number) {
    const buffers = 2 ** Math.ceil(Math.log2(Math.max(16, Math.min(mostBuffers, 2 * concurrency))));
    super(libc, endpoints);
    try {
      this.ring = new Ring(libc, this, buffers, bufferBytes);
    } catch (error) {
      super.close();
      throw error;
    }
    this.pieces = new Pieces(libc, pieceBytes);
    this.blocks = new Blocks(libc);
    const { memory } = this.ring;
    memory.setLong(at.message + 40, controlBytes);
    memory.bytes.set(endpoints.peer, at.peer);
  }

  newLine(source: number, events: LineEvents): Line {
    const line = new UringLine(this, this.#lines.length, source, events);
    this.#lines.push(line);
    return line;
  }

  /** Has the line told when what it has entered is handed over. */
  begins(line: UringLine): void {
    this.#beginning.push(line);
  }

  /** Has `attend` called at the next exchange. */
  await(line: UringLine): void {
    this.#waiting.push(line);
  }

  onHandOver(): void {
    const beginning = this.#beginning;
    if (beginning.length === 0) return;
    const now = nowUs();
    for (const line of beginning) line.onHandedOver(now);
    beginning.length = 0;
  }

  complete(low: number, generation: number, result: number, flags: number): void {
    const line = this.#lines[low >>> kindBits];
    const kind = low & ((1 << kindBits) - 1);
    // What a connection that is gone has left behind has no memory of ours.
    if (line === undefined || line.generation !== generation) return;
    if (kind === Kind.Receive) this.#received(line, result, flags);
    else line.onCompletion(kind, result);
  }

  /** Of a body that many requests send: the one copy that the kernel reads from. */
  bodyMemory(body: Uint8Array): KernelMemory {
    const known = this.#bodies.get(body);
    if (known !== undefined) return known;
    const memory = this.blocks.take(body.length);
    memory.bytes.set(body);
    this.#bodies.set(body, memory);
    return memory;
  }

  get messageAddress(): number {
    return this.ring.memory.addressOf(at.message, 56);
  }

  get peerAddress(): number {
    return this.ring.memory.addressOf(at.peer, this.endpoints.peer.length);
  }

  newSocket(source: number): number {
    const fd = this.endpoints.socket(source);
    this.sockets++;
    return fd;
  }

  errorOf(operation: 'connect' | 'read' | 'write', errno: number): SocketError {
    return this.endpoints.errorOf(operation, errno);
  }

  get peerBytes(): number {
    return this.endpoints.peer.length;
  }

  protected exchange(limitUs: number): void {
    const waiting = this.#waiting;
    if (waiting.length > 0) {
      this.#waiting = [];
      for (const line of waiting) line.attend();
    }
    this.ring.exchange(this.#waiting.length > 0 ? 0 : limitUs);
  }

  override close(): void {
    const untilUs = nowUs() + drainUs;
    while (this.sockets > 0 && nowUs() < untilUs) this.exchange(1_000);
    // The kernel may still write to what it has not given back: it stays mapped then.
    if (this.sockets > 0) throw new Error(`${this.sockets} sockets were left open`);
    this.ring.close();
    this.pieces.unmap();
    this.blocks.unmap();
    super.close();
  }

  #received(line: UringLine, result: number, flags: number): void {
    const goesOn = (flags & completion.more) !== 0;
    if (!goesOn) line.onReceivingEnded();
    if ((flags & completion.hasBuffer) === 0) {
      if (result === 0) line.onEnd();
      else if (result < 0) line.onReadError(-result);
    } else {
      const { buffers } = this.ring;
      const id = flags >>> completion.bufferShift;
      const { memory } = buffers;
      const offset = buffers.takeBack(id, Math.max(0, result));
      const length = result - payloadAt;
      if (length > 0) {
        const seenUs = nowUs();
        const control = memory.words[(offset + 4) >> 2] as number;
        const arrivedUs = this.arrival(memory, offset + 16, control, line.handedUs, seenUs);
        line.onBytes(memory.bytes, offset + payloadAt, offset + payloadAt + length, arrivedUs, seenUs);
      } else if (result >= 0) {
        line.onEnd();
      } else {
        line.onReadError(-result);
      }
      buffers.lend(id);
    }
    if (!goesOn) line.receiveOn();
  }
}

class UringLine implements Line {
  readonly tls = undefined;
  /** Tells this connection's completions from those of the ones before. */
  generation = 0;
  handedUs = 0;
  #state = State.Closed;
  #fd = -1;
  /** Operations that have yet to complete. */
  #outstanding = 0;
  #isReceiving = false;
  #isEnded = false;
  #problem: SocketError | undefined;
  #isWaiting = false;
  /** Where in the ring the connect lies, as long as a send may be linked to it. */
  #connectAt = 0;
  /** The line's own memory for requests, and what it holds. */
  #piece = -1;
  #held: Buffer | undefined;
  /** What is to be sent when the line is ready, or being sent in parts. */
  #bytes: Buffer | undefined;
  #body: Uint8Array | undefined;
  /** Memory of what is being sent from outside the piece, given back when it is sent. */
  #block: KernelMemory | undefined;
  #bodySent = 0;
  #isSending = false;
  /** Bytes of the send that is under way, and where they lie. */
  #length = 0;
  #address = 0;
  /** Handed over linked to the connect, so that they are counted once that is there. */
  #linkedBytes = 0;

  constructor(
    readonly wire: UringWire,
    readonly index: number,
    readonly source: number,
    readonly events: LineEvents,
  ) {}

  open(): void {
    const { wire } = this;
    this.generation = (this.generation + 1) | 0;
    this.#state = State.Connecting;
    this.#isEnded = false;
    this.#problem = undefined;
    this.#linkedBytes = 0;
    wire.begins(this);
    try {
      this.#fd = wire.newSocket(this.source);
      this.#connectAt = this.#enter(Kind.Connect, op.connect, 0, 0, wire.peerBytes, wire.peerAddress, 0, 0);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      this.#problem = error;
      this.#await();
    }
  }

  send(bytes: Buffer, body: Uint8Array): void {
    this.#bodySent = 0;
    this.#body = body.length === 0 ? undefined : body;
    if (this.#state === State.Open) {
      this.wire.begins(this);
      this.#sendHead(bytes);
      this.events.onSent(bytes.length);
    } else if (this.#fd >= 0 && this.wire.ring.link(this.#connectAt)) {
      this.#sendHead(bytes);
      this.#linkedBytes = bytes.length;
    } else {
      this.#bytes = bytes;
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#state = State.Closing;
    this.#bytes = undefined;
    this.#body = undefined;
    if (this.#fd < 0) {
      this.#await();
      return;
    }
    if (this.#outstanding > 0) {
      const flags = flag.hardLink | flag.quietSuccess;
      this.wire.ring.enter(
        op.cancel,
        flags,
        0,
        this.#fd,
        0,
        0,
        0,
        cancelByFile,
        this.#mark(Kind.Cancel),
        this.generation,
      );
    }
    this.#enter(Kind.Close, op.close, 0, 0, 0, 0, 0, 0);
    this.#fd = -1;
  }

  get isDrained(): boolean {
    return !this.#isSending && this.#bytes === undefined && this.#body === undefined;
  }

  onHandedOver(atUs: number): void {
    this.handedUs = atUs;
    this.events.onHandedOver(atUs);
  }

  /** Tells what has been waiting to be told. */
  attend(): void {
    this.#isWaiting = false;
    const problem = this.#problem;
    this.#problem = undefined;
    if (this.#state === State.Closing) this.#settle();
    else if (problem !== undefined && this.#isOpen) this.events.onError(problem.code, problem.message);
  }

  onCompletion(kind: Kind, result: number): void {
    if (kind === Kind.Cancel) return;
    this.#outstanding--;
    if (kind === Kind.Connect) this.#onConnected(result);
    else if (kind === Kind.Send) this.#onSent(result);
    else this.wire.sockets--;
    if (this.#state === State.Closing) this.#settle();
  }

  onBytes(buffer: Buffer, start: number, end: number, arrivedUs: number, seenUs: number): void {
    if (this.#state === State.Open) this.events.onBytes(buffer, start, end, arrivedUs, seenUs);
  }

  onEnd(): void {
    if (this.#state !== State.Open || this.#isEnded) return;
    this.#isEnded = true;
    this.events.onEnd(true);
  }

  onReadError(errno: number): void {
    // Without buffers it only has to be asked again.
    if (this.#state !== State.Open || errno === linux.ENOBUFS || errno === linux.EINTR) return;
    this.#isEnded = true;
    const error = this.wire.errorOf('read', errno);
    this.events.onError(error.code, error.message);
  }

  onReceivingEnded(): void {
    this.#isReceiving = false;
    this.#outstanding--;
  }

  /** Asks for more where nothing is asked for, or goes away. */
  receiveOn(): void {
    if (this.#state === State.Open && !this.#isReceiving && !this.#isEnded) this.#receive();
    else if (this.#state === State.Closing) this.#settle();
  }

  get #isOpen(): boolean {
    return this.#state === State.Connecting || this.#state === State.Open;
  }

  #mark(kind: Kind): number {
    return (this.index << kindBits) | kind;
  }

  #enter(
    kind: Kind,
    operation: number,
    flags: number,
    priority: number,
    offset: number,
    address: number,
    length: number,
    operationFlags: number,
  ): number {
    this.#outstanding++;
    return this.wire.ring.enter(
      operation,
      flags,
      priority,
      this.#fd,
      offset,
      address,
      length,
      operationFlags,
      this.#mark(kind),
      this.generation,
    );
  }

  #await(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.wire.await(this);
  }

  #receive(): void {
    this.#isReceiving = true;
    this.#enter(Kind.Receive, op.recvmsg, flag.selectBuffer, multishot, 0, this.wire.messageAddress, 1, 0);
  }

  /** All has completed: nothing of the kernel's points here any more. */
  #settle(): void {
    if (this.#outstanding > 0 || this.#isWaiting) return;
    this.#giveBlock();
    this.#isSending = false;
    this.#state = State.Closed;
    this.events.onClosed();
  }

  #onConnected(result: number): void {
    if (this.#state !== State.Connecting) return;
    if (result < 0) {
      const error = this.wire.errorOf('connect', -result);
      this.events.onError(error.code, error.message);
      return;
    }
    this.#state = State.Open;
    this.events.onReady(nowUs());
    if (this.#state !== State.Open) return;
    this.#receive();
    const bytes = this.#bytes;
    this.#bytes = undefined;
    if (bytes !== undefined) {
      this.#sendHead(bytes);
      this.events.onSent(bytes.length);
    } else if (this.#linkedBytes > 0) {
      this.events.onSent(this.#linkedBytes);
    }
  }

  #sendHead(bytes: Buffer): void {
    const { wire } = this;
    if (bytes.length <= pieceBytes) {
      if (this.#piece < 0) this.#piece = wire.pieces.take();
      if (this.#held !== bytes) {
        wire.pieces.memoryOf(this.#piece).bytes.set(bytes, wire.pieces.offsetOf(this.#piece));
        this.#held = bytes;
      }
      this.#send(wire.pieces.addressOf(this.#piece, bytes.length), bytes.length);
    } else {
      const block = wire.blocks.take(bytes.length);
      block.bytes.set(bytes);
      this.#block = block;
      this.#send(block.addressOf(0, bytes.length), bytes.length);
    }
  }

  #sendSlice(): void {
    const body = this.#body as Uint8Array;
    const length = Math.min(sliceBytes, body.length - this.#bodySent);
    const address = this.wire.bodyMemory(body).addressOf(this.#bodySent, length);
    this.#bodySent += length;
    if (this.#bodySent === body.length) this.#body = undefined;
    this.events.onSent(length);
    this.#send(address, length);
  }

  #send(address: number, length: number): void {
    this.#isSending = true;
    this.#address = address;
    this.#length = length;
    const flags = linux.MSG_NOSIGNAL | linux.MSG_WAITALL | (this.#body === undefined ? 0 : linux.MSG_MORE);
    this.#enter(Kind.Send, op.send, 0, 0, 0, address, length, flags);
  }

  #onSent(result: number): void {
    this.#isSending = false;
    if (this.#state === State.Open && result >= 0 && result < this.#length) {
      this.#send(this.#address + result, this.#length - result);
      return;
    }
    this.#giveBlock();
    if (this.#state !== State.Open) return;
    if (result < 0) {
      // An answer that came before the line broke still counts, so it is told first.
      this.#problem = this.wire.errorOf('write', -result);
      this.#await();
    } else if (this.#body !== undefined) {
      this.#sendSlice();
    }
  }

  #giveBlock(): void {
    if (this.#block === undefined) return;
    this.wire.blocks.give(this.#block);
    this.#block = undefined;
  }
}
