/**
 * The view of a buffer, to read several bytes at a time. Readers get the same buffer over and over, so that of the last
 * one is kept and as good as never made anew.
 */
export class ByteView {
  #buffer: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(this.#buffer.buffer);

  of(buffer: Uint8Array): DataView {
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }
    return this.#view;
  }
}
