import type { Request } from 'autocannon';
import type { LoadJob } from '../load-job.js';
import { frameOf, generalFields, RequestEncoder, saysEmptyBody } from '../request-encoder.js';
import { RequestMix } from '../request-mix.js';

interface Kind {
  readonly encoder: RequestEncoder;
  readonly headers: Record<string, string>;
}

/** Builds the requests of a run in the form autocannon takes them: the same ones, in the same order, as native. */
export class RequestSource {
  readonly #mix: RequestMix;
  readonly #kinds: readonly Kind[];

  constructor(job: LoadJob) {
    this.#mix = RequestMix.of(job);
    const frame = frameOf(job);
    this.#kinds = job.requests.map((request) => ({
      encoder: new RequestEncoder(request, frame, job.seed),
      headers: Object.fromEntries([...generalFields(request, frame), ...request.headers]),
    }));
  }

  /** True when every request is the same. */
  get isConstant(): boolean {
    return this.#kinds.length === 1 && (this.#kinds[0] as Kind).encoder.isConstant;
  }

  kindOf(index: number): number {
    return this.#mix.kindOf(index);
  }

  /** Request `index` of the run, which is of the kind `kind`. */
  requestOf(index: number, kind: number): Request {
    const { encoder, headers } = this.#kinds[kind] as Kind;
    const { method } = encoder.request;
    const body = encoder.bodyOf(index);
    // It adds Content-Length to the headers it is given, but only for a body that is not empty.
    const isEmpty = body === undefined ? saysEmptyBody(method) : body.length === 0;
    return {
      method,
      path: encoder.pathOf(index),
      headers: isEmpty ? { ...headers, 'Content-Length': '0' } : { ...headers },
      body: Buffer.from(body ?? []),
    };
  }
}
