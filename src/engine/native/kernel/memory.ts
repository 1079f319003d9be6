import type { Libc } from './libc.js';

/**
 * All memory that the kernel writes to, or reads when it likes. It is mapped, so that V8 neither moves nor frees it, and it
 * stays mapped until the kernel has given back every piece of it. An address leaves this file only by `addressOf`, which
 * checks that all of the piece lies within; JavaScript's own reads and writes are checked by V8.
 *
 * The rule for users: a piece belongs to the kernel from the system call that names it until the call that takes it back (its
 * completion), and is not named twice meanwhile. `Pieces` keeps to it for pieces of one size, and can watch over it.
 */
export class KernelMemory {
  /** The same memory, as bytes and as words. */
  bytes: Buffer;
  words: Int32Array;
  readonly #address: number;

  private constructor(
    readonly libc: Libc,
    readonly size: number,
    address: number,
  ) {
    const buffer = libc.view(address, size);
    this.#address = address;
    this.bytes = Buffer.from(buffer);
    this.words = new Int32Array(buffer);
  }

  /** So many bytes, zeroed. @throws {Error} when the system has none left */
  static anonymous(libc: Libc, bytes: number): KernelMemory {
    const size = Math.ceil(bytes / pageBytes) * pageBytes;
    return KernelMemory.#map(libc, size, privateAnonymous, -1, 0);
  }

  /** What the kernel shares by a file descriptor, a ring's queues. */
  static shared(libc: Libc, bytes: number, fd: number, offset: number): KernelMemory {
    return KernelMemory.#map(libc, bytes, sharedPopulated, fd, offset);
  }

  static #map(libc: Libc, bytes: number, flags: number, fd: number, offset: number): KernelMemory {
    const address = libc.mmap(0, bytes, readAndWrite, flags, fd, offset);
    if (address === -1) throw new Error(`no memory to be had: mmap of ${bytes} bytes, errno ${libc.errno()}`);
    return new KernelMemory(libc, bytes, address);
  }

  /** For the kernel. @throws {RangeError} when not all of the piece lies within */
  addressOf(offset: number, length: number): number {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size && this.words.length > 0)) {
      throw new RangeError(`${offset} + ${length} of ${this.size} bytes of kernel memory`);
    }
    return this.#address + offset;
  }

  /** Sets 64 bits to a whole number from 0 to 2^53. */
  setLong(offset: number, value: number): void {
    this.words[offset >> 2] = value | 0;
    this.words[(offset >> 2) + 1] = Math.floor(value / 2 ** 32);
  }

  /** The seconds of a timespec. */
  secondsAt(offset: number): number {
    return (this.words[(offset >> 2) + 1] as number) * 2 ** 32 + ((this.words[offset >> 2] as number) >>> 0);
  }

  /** Sets a timespec. */
  setTime(offset: number, us: number): void {
    const seconds = Math.floor(us / 1e6);
    this.setLong(offset, seconds);
    this.setLong(offset + 8, Math.floor((us - seconds * 1e6) * 1000));
  }

  /** Gives it back to the system; whoever looks at it from now on finds it empty. */
  unmap(): void {
    if (this.words.length === 0) return;
    this.bytes = Buffer.alloc(0);
    this.words = new Int32Array(0);
    this.libc.munmap(this.#address, this.size);
  }
}

const pageBytes = 4096;
const readAndWrite = 3;
const privateAnonymous = 0x22;
const sharedPopulated = 0x8001;

/** A byte that neither a response nor a request has much of. */
const poison = 0xdb;
const poisonWord = 0xdbdbdbdb | 0;

/**
 * Pieces of one size that are taken and given back, in memory that grows by chunks and is mapped once. A piece is a number;
 * which memory it lies in and where follows from that.
 *
 * A checked one fills what is given back with a pattern and looks at it before it is taken again: whoever wrote to it
 * meanwhile, the kernel or we, is found out.
 */
export class Pieces {
  readonly #chunks: KernelMemory[] = [];
  readonly #free: number[] = [];
  readonly #taken: boolean[] = [];
  #count = 0;

  constructor(
    readonly libc: Libc,
    readonly pieceBytes: number,
    readonly isChecked = kernelMemoryIsChecked,
  ) {}

  /** How many have not been given back. */
  get inUse(): number {
    return this.#count - this.#free.length;
  }

  take(): number {
    if (this.#free.length === 0) this.#grow();
    const piece = this.#free.pop() as number;
    if (this.isChecked) {
      const { words } = this.memoryOf(piece);
      const from = this.offsetOf(piece) >> 2;
      for (let at = from; at < from + (this.pieceBytes >> 2); at++) {
        if (words[at] !== poisonWord) throw new Error(`kernel memory was written to after it was given back`);
      }
    }
    this.#taken[piece] = true;
    return piece;
  }

  /** @throws {Error} when it is not taken */
  give(piece: number): void {
    if (this.#taken[piece] !== true) throw new Error(`kernel memory was given back twice`);
    this.#taken[piece] = false;
    if (this.isChecked) this.#poison(piece);
    this.#free.push(piece);
  }

  memoryOf(piece: number): KernelMemory {
    return this.#chunks[Math.floor(piece / piecesInChunk)] as KernelMemory;
  }

  offsetOf(piece: number): number {
    return (piece % piecesInChunk) * this.pieceBytes;
  }

  /** For the kernel. @throws {RangeError} when the length is more than a piece has */
  addressOf(piece: number, length: number): number {
    if (length > this.pieceBytes) throw new RangeError(`${length} bytes of a piece of ${this.pieceBytes}`);
    return this.memoryOf(piece).addressOf(this.offsetOf(piece), length);
  }

  unmap(): void {
    for (const chunk of this.#chunks) chunk.unmap();
    this.#chunks.length = 0;
    this.#free.length = 0;
    this.#count = 0;
  }

  #grow(): void {
    this.#chunks.push(KernelMemory.anonymous(this.libc, piecesInChunk * this.pieceBytes));
    for (let piece = this.#count + piecesInChunk - 1; piece >= this.#count; piece--) {
      this.#free.push(piece);
      this.#taken[piece] = false;
      if (this.isChecked) this.#poison(piece);
    }
    this.#count += piecesInChunk;
  }

  #poison(piece: number): void {
    const offset = this.offsetOf(piece);
    this.memoryOf(piece).bytes.fill(poison, offset, offset + this.pieceBytes);
  }
}

const piecesInChunk = 64;

/** Larger pieces, each in memory of its own: of powers of two, so that one that was given back serves again. */
export class Blocks {
  readonly #free = new Map<number, KernelMemory[]>();
  readonly #all: KernelMemory[] = [];

  constructor(readonly libc: Libc) {}

  /** At least so many bytes. */
  take(bytes: number): KernelMemory {
    const size = 2 ** Math.ceil(Math.log2(Math.max(pageBytes, bytes)));
    const free = this.#free.get(size)?.pop();
    if (free !== undefined) return free;
    const block = KernelMemory.anonymous(this.libc, size);
    this.#all.push(block);
    return block;
  }

  give(block: KernelMemory): void {
    const free = this.#free.get(block.size);
    if (free === undefined) this.#free.set(block.size, [block]);
    else free.push(block);
  }

  unmap(): void {
    for (const block of this.#all) block.unmap();
  }
}

/** Of an entry of the ring: address, length, number; where the first one would have its last two bytes stands the tail. */
const entryBytes = 16;
const tailHalf = 7;

/**
 * Buffers that are lent to the kernel in a ring (`IORING_REGISTER_PBUF_RING`) for it to take one when something has come, so
 * that connections that wait need none. A buffer is lent, or ours; nobody gives back what is not theirs.
 */
export class LentBuffers {
  readonly memory: KernelMemory;
  readonly #ring: KernelMemory;
  readonly #halves: Uint16Array;
  readonly #isLent: Uint8Array;
  #tail = 0;

  /** @param count a power of two, at most 32,768 */
  constructor(
    readonly libc: Libc,
    readonly count: number,
    readonly bufferBytes: number,
    readonly isChecked = kernelMemoryIsChecked,
  ) {
    this.memory = KernelMemory.anonymous(libc, count * bufferBytes);
    this.#ring = KernelMemory.anonymous(libc, count * entryBytes);
    const { buffer } = this.#ring.words;
    this.#halves = new Uint16Array(buffer);
    this.#isLent = new Uint8Array(count);
    for (let id = 0; id < count; id++) this.lend(id);
  }

  /** Of the ring, for its registration. */
  get ringAddress(): number {
    return this.#ring.addressOf(0, this.count * entryBytes);
  }

  /**
   * Takes a buffer back that the kernel has filled up to a length, and says where in the memory it begins.
   *
   * @throws {Error} when it had none such
   */
  takeBack(id: number, length: number): number {
    if (this.#isLent[id] !== 1 || length < 0 || length > this.bufferBytes) {
      throw new Error(`the kernel answered with ${length} bytes in buffer ${id}, which it does not have`);
    }
    this.#isLent[id] = 0;
    const offset = id * this.bufferBytes;
    if (this.isChecked) {
      const { bytes } = this.memory;
      for (let at = offset + length; at < offset + this.bufferBytes; at++) {
        if (bytes[at] !== poison) throw new Error(`the kernel wrote more than it said`);
      }
    }
    return offset;
  }

  /** @throws {Error} when the kernel has it already */
  lend(id: number): void {
    if (this.#isLent[id] !== 0) throw new Error(`buffer ${id} was given back twice`);
    this.#isLent[id] = 1;
    const offset = id * this.bufferBytes;
    if (this.isChecked) this.memory.bytes.fill(poison, offset, offset + this.bufferBytes);
    const entry = (this.#tail % this.count) * entryBytes;
    this.#ring.setLong(entry, this.memory.addressOf(offset, this.bufferBytes));
    this.#ring.words[(entry >> 2) + 2] = this.bufferBytes;
    this.#halves[(entry >> 1) + 6] = id;
    this.#tail = (this.#tail + 1) & 0xffff;
    // The kernel reads the entry once it sees the tail.
    Atomics.store(this.#halves, tailHalf, this.#tail);
  }

  unmap(): void {
    this.memory.unmap();
    this.#ring.unmap();
  }
}

/** For tests: watches over every piece, at the price of writing and reading all of it each time. */
const kernelMemoryIsChecked = process.env.LBBENCH_CHECK_MEMORY === '1';
