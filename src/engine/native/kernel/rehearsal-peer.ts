import { internetAddress } from './endpoints.js';
import { type Libc, linux } from './libc.js';

const backlog = 128;
const readBytes = 16 * 1024;

/**
 * A server on loopback for a rehearsal, on the thread that sends: it is served between two of that thread's own turns, in
 * three system calls a request. Whatever comes in one piece is a request, and every second answer is the same.
 */
export class RehearsalPeer {
  readonly port: number;
  readonly #listener: number;
  readonly #sockets: number[] = [];
  readonly #bytes = Buffer.alloc(readBytes);
  #served = 0;

  /** @param isKept connections are kept open @throws {Error} when no socket is to be had */
  constructor(
    readonly libc: Libc,
    readonly answers: readonly Buffer[],
    readonly isKept: boolean,
  ) {
    const type = linux.SOCK_STREAM | linux.SOCK_NONBLOCK | linux.SOCK_CLOEXEC;
    this.#listener = libc.socket(linux.AF_INET, type, 0);
    const address = internetAddress('127.0.0.1', 0);
    const isListening =
      this.#listener >= 0 &&
      libc.bind(this.#listener, address, address.length) >= 0 &&
      libc.listen(this.#listener, backlog) >= 0 &&
      libc.getsockname(this.#listener, address, Buffer.from([address.length, 0, 0, 0])) >= 0;
    if (!isListening) {
      this.close();
      throw new Error('no socket to rehearse with');
    }
    this.port = address.readUInt16BE(2);
  }

  /** Answers what has come. */
  serve(): void {
    const { libc } = this;
    for (let fd = this.#accept(); fd >= 0; fd = this.#accept()) this.#sockets.push(fd);
    for (let i = this.#sockets.length - 1; i >= 0; i--) {
      const fd = this.#sockets[i] as number;
      const length = libc.recv(fd, this.#bytes, readBytes, linux.MSG_DONTWAIT);
      if (length < 0) continue;
      if (length > 0) {
        const answer = this.answers[this.#served++ % this.answers.length] as Buffer;
        libc.send(fd, answer, answer.length, linux.MSG_NOSIGNAL);
      }
      if (length > 0 && this.isKept) continue;
      libc.close(fd);
      this.#sockets[i] = this.#sockets.at(-1) as number;
      this.#sockets.pop();
    }
  }

  close(): void {
    for (const fd of this.#sockets.splice(0)) this.libc.close(fd);
    if (this.#listener >= 0) this.libc.close(this.#listener);
  }

  #accept(): number {
    return this.libc.accept(this.#listener, linux.SOCK_NONBLOCK | linux.SOCK_CLOEXEC);
  }
}
