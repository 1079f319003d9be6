import type { RequestPlan } from '../model/plan.js';
import { combinations, drawCombination, expand, parseRanges, type RangedText } from './ranges.js';

/** Encoded requests kept for reuse: this many of a kind and this many bytes. Further ones are built when needed. */
const maxKept = 4096;
const maxKeptBytes = 16 * 1024 * 1024;

/** What every request of a run has in common. */
export interface RequestFrame {
  readonly authority: string;
  readonly userAgent: string;
  readonly keepAlive: boolean;
  readonly httpVersion: '1.0' | '1.1';
  /** Put in front of every path; `http://host` when a proxy wants the absolute form. */
  readonly pathPrefix: string;
}

/**
 * Turns one kind of request into bytes. Without ranges that is the same buffer each time; with few enough
 * combinations each is built once; otherwise a request is built when it is sent.
 */
export class RequestEncoder {
  readonly headRequest: boolean;
  readonly #path: RangedText;
  readonly #bodyText: RangedText | undefined;
  readonly #bodyCombinations: number;
  readonly #kept: (Buffer | undefined)[] | undefined;
  #keptBytes = 0;
  readonly #lines: string;

  constructor(
    readonly request: RequestPlan,
    readonly frame: RequestFrame,
    readonly seed: number,
  ) {
    this.headRequest = request.method === 'HEAD';
    this.#path = parseRanges(frame.pathPrefix + request.path);
    this.#bodyText = request.body?.kind === 'template' ? parseRanges(request.body.text) : undefined;
    this.#bodyCombinations = this.#bodyText === undefined ? 1 : combinations(this.#bodyText);
    const total = combinations(this.#path) * this.#bodyCombinations;
    this.#kept = total <= maxKept ? new Array(total) : undefined;
    this.#lines = headerLines(request, frame);
  }

  /** The bytes of request `index` of the run. */
  encode(index: number): Buffer {
    // Draw 0 has chosen the kind of request.
    const path = drawCombination(this.#path, this.seed, index, 1);
    const body =
      this.#bodyText === undefined
        ? 0
        : drawCombination(this.#bodyText, this.seed, index, 1 + this.#path.ranges.length);
    if (this.#kept === undefined) return this.#build(path, body);
    const slot = path * this.#bodyCombinations + body;
    const kept = this.#kept[slot];
    if (kept !== undefined) return kept;
    const built = this.#build(path, body);
    if (this.#keptBytes + built.length <= maxKeptBytes) {
      this.#kept[slot] = built;
      this.#keptBytes += built.length;
    }
    return built;
  }

  /** The request target that request `index` asks for, as text. */
  pathOf(index: number): string {
    return expand(this.#path, drawCombination(this.#path, this.seed, index, 1));
  }

  #build(pathCombination: number, bodyCombination: number): Buffer {
    const { method, body } = this.request;
    const path = expand(this.#path, pathCombination);
    const start = `${method} ${path} HTTP/${this.frame.httpVersion}\r\n${this.#lines}`;
    const payload =
      this.#bodyText !== undefined
        ? Buffer.from(expand(this.#bodyText, bodyCombination), 'utf8')
        : body?.kind === 'bytes'
          ? body.bytes
          : undefined;
    if (payload === undefined) return Buffer.from(`${start}${emptyBodyLine(method)}\r\n`, 'utf8');
    const head = Buffer.from(`${start}Content-Length: ${payload.length}\r\n\r\n`, 'utf8');
    return Buffer.concat([head, payload]);
  }
}

/** A method that usually carries a body says so when it does not (RFC 9110, section 8.6). */
function emptyBodyLine(method: string): string {
  return method === 'POST' || method === 'PUT' || method === 'PATCH' ? 'Content-Length: 0\r\n' : '';
}

function headerLines(request: RequestPlan, frame: RequestFrame): string {
  const given = new Set(request.headers.map(([name]) => name.toLowerCase()));
  const lines: string[] = [];
  const add = (name: string, value: string) => {
    if (!given.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  };
  add('Host', frame.authority);
  add('User-Agent', frame.userAgent);
  add('Accept', '*/*');
  if (frame.httpVersion === '1.0') {
    if (frame.keepAlive) add('Connection', 'Keep-Alive');
  } else if (!frame.keepAlive) {
    add('Connection', 'close');
  }
  for (const [name, value] of request.headers) lines.push(`${name}: ${value}`);
  return lines.map((line) => `${line}\r\n`).join('');
}
