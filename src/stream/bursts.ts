/** Reads closer together than this came at once, as far as a sender is concerned: a network cuts what it sent in one piece. */
const togetherUs = 2000;

/** What nginx hands on at once from an answer without chunks: a buffer, which is a page. */
const pipeBytes = 4096;
/** What nginx collects before it encrypts, unless it is told to send. */
const tlsBytes = 16_384;

/**
 * In what bursts the body of one answer came. A proxy that holds a stream back lets it go when a buffer of its own is full, so
 * that bursts end where no event does; a reader that is late itself makes bursts too, but of any size.
 *
 * The first burst shares its buffer with the head, of a length that nobody here knows, and the last ends with the answer: of
 * pages only those in between tell. What is encrypted is counted from the first byte of the answer on.
 */
export class Bursts {
  /** Bursts between the first and the last, and those of them that were whole pages. */
  inner = 0;
  ofPages = 0;
  /** Bursts before the last, and those that ended where a TLS buffer was full. */
  beforeLast = 0;
  ofTlsBuffers = 0;

  #lastUs = -1;
  #body = 0;
  #bodyBefore = 0;
  #received = 0;

  clear(): void {
    this.inner = 0;
    this.ofPages = 0;
    this.beforeLast = 0;
    this.ofTlsBuffers = 0;
    this.#lastUs = -1;
    this.#body = 0;
    this.#bodyBefore = 0;
    this.#received = 0;
  }

  /**
   * A read has come.
   *
   * @param bodyBytes of the body so far, without the framing of chunks
   * @param receivedBytes of the answer so far, head and framing included
   */
  read(atUs: number, bodyBytes: number, receivedBytes: number): void {
    if (bodyBytes === 0) return;
    if (this.#lastUs >= 0 && atUs - this.#lastUs >= togetherUs) this.#end();
    this.#lastUs = atUs;
    this.#body = bodyBytes;
    this.#received = receivedBytes;
  }

  #end(): void {
    if (this.beforeLast > 0) {
      this.inner++;
      if ((this.#body - this.#bodyBefore) % pipeBytes === 0) this.ofPages++;
    }
    this.beforeLast++;
    if (this.#received % tlsBytes === 0) this.ofTlsBuffers++;
    this.#bodyBefore = this.#body;
  }
}
