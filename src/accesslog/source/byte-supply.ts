/** Bytes that come in pieces, taken from the front in pieces of other lengths. */
export class ByteSupply {
  /** What has come and was not taken yet. */
  ready: Uint8Array = new Uint8Array();
  readonly #pieces: AsyncIterator<Uint8Array>;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#pieces = bytes[Symbol.asyncIterator]();
  }

  /** Waits until something is ready; false at the end. */
  async fill(): Promise<boolean> {
    while (this.ready.length === 0) {
      const { done, value } = await this.#pieces.next();
      if (done === true) return false;
      this.ready = value;
    }
    return true;
  }

  skip(length: number): void {
    this.ready = this.ready.subarray(length);
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  /** The next bytes; `undefined` when there are fewer. */
  async take(length: number): Promise<Buffer | undefined> {
    const taken = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      if (!(await this.fill())) return undefined;
      const piece = this.ready.subarray(0, length - at);
      taken.set(piece, at);
      at += piece.length;
      this.skip(piece.length);
    }
    return taken;
  }

  /** Goes to the next byte that is not zero; false when there is none. */
  async skipZeros(): Promise<boolean> {
    while (await this.fill()) {
      const at = this.ready.findIndex((byte) => byte !== 0);
      this.skip(at < 0 ? this.ready.length : at);
      if (at >= 0) return true;
    }
    return false;
  }

  /** Goes behind the next zero; false when there is none. */
  async skipBehindZero(): Promise<boolean> {
    while (await this.fill()) {
      const at = this.ready.indexOf(0);
      this.skip(at < 0 ? this.ready.length : at + 1);
      if (at >= 0) return true;
    }
    return false;
  }
}
