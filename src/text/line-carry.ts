const noBytes = new Uint8Array(0);

/** The start of something whose end has not arrived yet, as a line. The bytes are used again for the next one. */
export class LineCarry {
  bytes: Uint8Array = noBytes;
  length = 0;

  append(buffer: Uint8Array, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(256, 2 * needed));
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.bytes.set(buffer.subarray(start, end), this.length);
    this.length = needed;
  }

  clear(): void {
    this.length = 0;
  }
}
