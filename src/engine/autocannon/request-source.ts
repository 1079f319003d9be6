import type { Request } from 'autocannon';
import type { LoadJob } from '../load-job.js';
import { encodersOf, type RequestEncoder, saysEmptyBody } from '../request-encoder.js';
import { type RequestMix, requestMixOf } from '../request-mix.js';

/** Builds the requests of a run in the form autocannon takes them: the same ones, in the same order, as native. */
export class RequestSource {
  readonly #mix: RequestMix;
  readonly #encoders: readonly RequestEncoder[];

  constructor(job: LoadJob) {
    this.#mix = requestMixOf(job);
    this.#encoders = encodersOf(job);
  }

  /** True when every request is the same. */
  get isConstant(): boolean {
    return this.#encoders.length === 1 && (this.#encoders[0] as RequestEncoder).isConstant;
  }

  kindOf(index: number): number {
    return this.#mix.kindOf(index);
  }

  /** Request `index` of the run, which is of the kind `kind`. */
  requestOf(index: number, kind: number): Request {
    const encoder = this.#encoders[kind] as RequestEncoder;
    const { method } = encoder.request;
    // What says how long a connection lives is its own affair.
    const headers = Object.fromEntries(encoder.fieldsOf(index).filter(([name]) => name !== 'Connection'));
    const body = encoder.bodyOf(index);
    // It adds Content-Length to the headers it is given, but only for a body that is not empty.
    const isEmpty = body === undefined ? saysEmptyBody(method) : body.length === 0;
    return {
      method,
      path: encoder.pathOf(index),
      headers: isEmpty ? { ...headers, 'Content-Length': '0' } : headers,
      body: Buffer.from(body ?? []),
    };
  }
}
