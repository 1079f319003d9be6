import type { LogPart } from './part-result.js';

/**
 * Hands out the parts of a log to the threads that read it, each part once and in order. A thread takes its next part
 * itself: asking another one, which is reading too, left it idle for a third of the time.
 */
export class PartClaims {
  readonly #next: Int32Array;

  constructor(
    readonly parts: readonly LogPart[],
    memory: SharedArrayBuffer,
  ) {
    this.#next = new Int32Array(memory, 0, 1);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(4);
  }

  /** The parts that are this thread's, one after the other as it asks for them. */
  *rest(): Generator<{ readonly index: number; readonly part: LogPart }> {
    for (;;) {
      const index = Atomics.add(this.#next, 0, 1);
      const part = this.parts[index];
      if (part === undefined) return;
      yield { index, part };
    }
  }

  /** Leaves the others unread. */
  stop(): void {
    Atomics.store(this.#next, 0, this.parts.length);
  }
}
