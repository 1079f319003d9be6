import { errorName, type Libc, linux } from './libc.js';
import { KernelMemory, LentBuffers } from './memory.js';

/** io_uring is not to be had, or not enough of it. */
export class NoRing extends Error {}

const setup = {
  submitAll: 1 << 7,
  sizedCompletions: 1 << 3,
  clamp: 1 << 4,
  oneIssuer: 1 << 12,
  deferred: 1 << 13,
};
const features = {
  oneMapping: 1,
  noDrop: 2,
  stable: 4,
  fastPoll: 1 << 5,
  timedWait: 1 << 8,
  quietSuccess: 1 << 11,
};
const needed = Object.values(features).reduce((all, one) => all | one);
const enter = { getEvents: 1, extended: 1 << 3 } as const;
const registerBuffers = 22;
const entriesOffset = 0x10000000;

const submissions = 1024;
const mostCompletions = 32_768;
const entryWords = 16;
/** Longest wait that ends by its limit. */
const ETIME = 62;
const EBUSY = 16;

/** Where the structures lie that are named once or in each call. */
const at = { params: 0, timeout: 128, argument: 144, buffers: 168 } as const;

/** Operations, and their flags, of the entries that are submitted. */
export const op = { recvmsg: 10, cancel: 14, connect: 16, close: 19, send: 26 } as const;
export const flag = { link: 1 << 2, hardLink: 1 << 3, selectBuffer: 1 << 5, quietSuccess: 1 << 6 } as const;
export const completion = { hasBuffer: 1, more: 2, bufferShift: 16 } as const;

/** Who is told of each completion. */
export interface CompletionSink {
  /** @param low, high what the entry was marked with @param result negative for an errno */
  complete(low: number, high: number, result: number, flags: number): void;
  /** What has been entered is about to be handed over. */
  onHandOver(): void;
}

/**
 * An io_uring: a queue of entries that is handed to the kernel in batches, a queue of completions, and buffers lent to it for
 * what comes. One thread makes it and uses it. Linux 6.1 and later: completions are made while this thread asks for them, not
 * whenever it enters the kernel.
 */
export class Ring {
  readonly buffers: LentBuffers;
  readonly #fd: number;
  readonly #memory: KernelMemory;
  readonly #queues: KernelMemory;
  readonly #entries: KernelMemory;
  readonly #words: Int32Array;
  readonly #entryWords: Int32Array;
  readonly #head: number;
  readonly #tail: number;
  readonly #mask: number;
  readonly #doneHead: number;
  readonly #doneTail: number;
  readonly #doneMask: number;
  readonly #done: number;
  readonly #size: number;
  /** Of the queue of entries, as far as they are written. */
  #next: number;

  /**
   * @param buffers how many are lent, a power of two
   * @throws NoRing
   */
  constructor(
    readonly libc: Libc,
    readonly sink: CompletionSink,
    buffers: number,
    bufferBytes: number,
  ) {
    this.#memory = KernelMemory.anonymous(libc, 4096);
    const { words } = this.#memory;
    words[1] = mostCompletions;
    words[2] = setup.submitAll | setup.sizedCompletions | setup.clamp | setup.oneIssuer | setup.deferred;
    this.#fd = libc.ringSetup(submissions, this.#memory.addressOf(at.params, 120));
    if (this.#fd < 0) {
      const errno = libc.errno();
      this.#memory.unmap();
      throw new NoRing(whyNot(errno));
    }
    try {
      if (((words[5] as number) & needed) !== needed) throw new NoRing('this kernel has too little of it');
      // struct io_uring_params, and in it the offsets of both queues: see io_uring_setup(2).
      const word = (byte: number) => words[byte >> 2] as number;
      this.#size = word(0);
      const bytes = Math.max(word(64) + word(0) * 4, word(100) + word(4) * 16);
      this.#queues = KernelMemory.shared(libc, bytes, this.#fd, 0);
      this.#entries = KernelMemory.shared(libc, word(0) * entryWords * 4, this.#fd, entriesOffset);
      this.#words = this.#queues.words;
      this.#entryWords = this.#entries.words;
      this.#head = word(40) >> 2;
      this.#tail = word(44) >> 2;
      this.#mask = this.#words[word(48) >> 2] as number;
      this.#doneHead = word(80) >> 2;
      this.#doneTail = word(84) >> 2;
      this.#doneMask = this.#words[word(88) >> 2] as number;
      this.#done = word(100) >> 2;
      // Entries are handed over in the order they lie in.
      for (let i = 0; i < this.#size; i++) this.#words[(word(64) >> 2) + i] = i;
      this.#next = this.#words[this.#tail] as number;
      this.buffers = new LentBuffers(libc, buffers, bufferBytes);
      this.#memory.setLong(at.buffers, this.buffers.ringAddress);
      words[(at.buffers >> 2) + 2] = buffers;
      const argument = this.#memory.addressOf(at.buffers, 40);
      if (libc.ringRegister(this.#fd, registerBuffers, argument, 1) < 0) {
        throw new NoRing(`no ring of buffers (${errorName(libc.errno())})`);
      }
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
  }

  /** Memory for structures that entries name, from here on to the end of a page. */
  static readonly ownBytes = 1024;
  get memory(): KernelMemory {
    return this.#memory;
  }

  /**
   * Writes an entry.
   *
   * @param priority the field that holds an operation's own flags
   * @param low, high given back with its completions
   */
  enter(
    operation: number,
    flags: number,
    priority: number,
    fd: number,
    offset: number,
    address: number,
    length: number,
    operationFlags: number,
    low: number,
    high: number,
  ): number {
    if (((this.#next - Atomics.load(this.#words, this.#head)) | 0) >= this.#size) this.#hand(0, 0, 0);
    const words = this.#entryWords;
    const word = (this.#next & this.#mask) * entryWords;
    words[word] = operation | (flags << 8) | (priority << 16);
    words[word + 1] = fd;
    words[word + 2] = offset | 0;
    words[word + 3] = Math.floor(offset / 2 ** 32);
    words[word + 4] = address | 0;
    words[word + 5] = Math.floor(address / 2 ** 32);
    words[word + 6] = length;
    words[word + 7] = operationFlags;
    words[word + 8] = low;
    words[word + 9] = high;
    words[word + 10] = 0;
    words[word + 11] = 0;
    words[word + 12] = 0;
    words[word + 13] = 0;
    words[word + 14] = 0;
    words[word + 15] = 0;
    this.#next = (this.#next + 1) | 0;
    return this.#next;
  }

  /**
   * Has the next entry wait for one that has just been written. @param place what `enter` answered
   *
   * @returns false when that is too late
   */
  link(place: number): boolean {
    const isLast = place === this.#next;
    const waiting = (this.#next - Atomics.load(this.#words, this.#head)) | 0;
    if (!isLast || waiting === 0 || waiting >= this.#size) return false;
    const word = ((place - 1) & this.#mask) * entryWords;
    this.#entryWords[word] = (this.#entryWords[word] as number) | (flag.link << 8);
    return true;
  }

  /** Hands over what is entered, waits for a completion for no longer than so many microseconds, and tells what there are. */
  exchange(limitUs: number): void {
    if (limitUs > 0) {
      this.#memory.setTime(at.timeout, limitUs);
      this.#memory.setLong(at.argument + 16, this.#memory.addressOf(at.timeout, 16));
      this.#hand(1, enter.getEvents | enter.extended, this.#memory.addressOf(at.argument, 24));
    } else {
      this.#hand(0, enter.getEvents, 0);
    }
    const words = this.#words;
    const end = Atomics.load(words, this.#doneTail);
    let head = words[this.#doneHead] as number;
    while (head !== end) {
      const word = this.#done + (head & this.#doneMask) * 4;
      const [low, high] = [words[word] as number, words[word + 1] as number];
      const [result, flags] = [words[word + 2] as number, words[word + 3] as number];
      head = (head + 1) | 0;
      // Free for the kernel from here on: what is told may enter so much that completions come meanwhile.
      Atomics.store(words, this.#doneHead, head);
      this.sink.complete(low, high, result, flags);
    }
  }

  /** Everything has completed. */
  close(): void {
    this.libc.close(this.#fd);
    this.buffers.unmap();
    this.#entries.unmap();
    this.#queues.unmap();
    this.#memory.unmap();
  }

  #hand(complete: number, flags: number, argument: number): void {
    const words = this.#words;
    const queued = (this.#next - Atomics.load(words, this.#head)) | 0;
    if (queued > 0) {
      this.sink.onHandOver();
      Atomics.store(words, this.#tail, this.#next);
    }
    const bytes = argument === 0 ? 0 : 24;
    if (this.libc.ringEnter(this.#fd, queued, complete, flags, argument, bytes) >= 0) return;
    const errno = this.libc.errno();
    if (errno !== ETIME && errno !== linux.EINTR && errno !== EBUSY && errno !== linux.EAGAIN) {
      throw new Error(`io_uring_enter: ${errorName(errno)}`);
    }
  }
}

function whyNot(errno: number): string {
  if (errno === linux.EPERM) return 'refused (seccomp, or kernel.io_uring_disabled)';
  if (errno === linux.ENOSYS) return 'this kernel has none';
  return `this kernel's is too old (${errorName(errno)}; Linux 6.1 is needed)`;
}
