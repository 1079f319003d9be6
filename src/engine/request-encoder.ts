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
  readonly #lines: Buffer;

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
    // Header values go over the wire as Latin-1; the scenario lets nothing else in.
    this.#lines = Buffer.from(headerLines(request, frame), 'latin1');
  }

  /** The bytes of request `index` of the run. */
  encode(index: number): Buffer {
    const path = this.#drawPath(index);
    const body = this.#drawBody(index);
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
    return expand(this.#path, this.#drawPath(index));
  }

  /** The body that request `index` carries. */
  bodyOf(index: number): Uint8Array | undefined {
    return this.#payload(this.#drawBody(index));
  }

  #drawPath(index: number): number {
    // Draw 0 has chosen the kind of request.
    return drawCombination(this.#path, this.seed, index, 1);
  }

  #drawBody(index: number): number {
    if (this.#bodyText === undefined) return 0;
    return drawCombination(this.#bodyText, this.seed, index, 1 + this.#path.ranges.length);
  }

  #payload(bodyCombination: number): Uint8Array | undefined {
    if (this.#bodyText !== undefined) return Buffer.from(expand(this.#bodyText, bodyCombination), 'utf8');
    const { body } = this.request;
    return body?.kind === 'bytes' ? body.bytes : undefined;
  }

  #build(pathCombination: number, bodyCombination: number): Buffer {
    const { method } = this.request;
    const path = expand(this.#path, pathCombination);
    const start = Buffer.from(`${method} ${path} HTTP/${this.frame.httpVersion}\r\n`, 'utf8');
    const payload = this.#payload(bodyCombination);
    if (payload === undefined) {
      const end = Buffer.from(saysEmptyBody(method) ? 'Content-Length: 0\r\n\r\n' : '\r\n');
      return Buffer.concat([start, this.#lines, end]);
    }
    const end = Buffer.from(`Content-Length: ${payload.length}\r\n\r\n`);
    return Buffer.concat([start, this.#lines, end, payload]);
  }
}

/** A method that usually carries a body says so when it does not (RFC 9110, section 8.6). */
export function saysEmptyBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

function headerLines(request: RequestPlan, frame: RequestFrame): string {
  const fields = [...generalFields(request, frame)];
  if (!isGiven(request, 'connection')) {
    if (frame.httpVersion === '1.0' && frame.keepAlive) fields.push(['Connection', 'Keep-Alive']);
    if (frame.httpVersion === '1.1' && !frame.keepAlive) fields.push(['Connection', 'close']);
  }
  return [...fields, ...request.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

/** The header fields that a request has without being told, where it was not told otherwise. */
export function generalFields(
  request: RequestPlan,
  frame: Pick<RequestFrame, 'authority' | 'userAgent'>,
): readonly (readonly [name: string, value: string])[] {
  const fields = [
    ['Host', frame.authority],
    ['User-Agent', frame.userAgent],
    ['Accept', '*/*'],
  ] as const;
  return fields.filter(([name]) => !isGiven(request, name.toLowerCase()));
}

function isGiven(request: RequestPlan, lowerCaseName: string): boolean {
  return request.headers.some(([name]) => name.toLowerCase() === lowerCaseName);
}
