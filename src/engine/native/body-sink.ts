/** What receives the bytes of a body, when somebody wants them. The slice is only valid during the call. */
export interface BodySink {
  append(buffer: Uint8Array, start: number, end: number): void;
}
