import type { Body, RequestPlan } from '../model/plan.js';
import { bodyForm } from '../text/template.js';
import { DrawnText } from './drawn-text.js';
import { PromptBody } from './llm/prompt-body.js';
import type { LoadJob } from './load-job.js';
import { RecordFields } from './record-fields.js';
import { requestMixOf } from './request-mix.js';
import { type FieldSource, SessionFields, Sessions } from './sessions.js';

/** Encoded requests kept for reuse: this many of a kind and this many bytes. Further ones are built when needed. */
const maxKept = 4096;
const maxKeptBytes = 16 * 1024 * 1024;
/** A constant body up to this is copied behind each head, so that the request goes out in one write. */
const maxJoinedBytes = 16 * 1024;

/** Draw 0 of a request has chosen its kind; its path takes the next ones, then its body, then its headers. */
const firstPathDraw = 1;

const noBody = new Uint8Array(0);

/** What every request of a run has in common. */
export interface RequestFrame {
  readonly authority: string;
  readonly userAgent: string;
  readonly keepAlive: boolean;
  readonly httpVersion: '1.0' | '1.1';
  /** Put in front of every path; `http://host` when a proxy wants the absolute form. */
  readonly pathPrefix: string;
}

function frameOf({ target, load, userAgent }: LoadJob): RequestFrame {
  return {
    authority: target.authority,
    userAgent,
    keepAlive: load.keepAlive,
    httpVersion: load.httpVersion,
    pathPrefix: target.pathPrefix,
  };
}

/**
 * Turns one kind of request into bytes. Where nothing is drawn that is the same buffer each time; with few enough
 * combinations each is built once; otherwise a request is built when it is sent. Of a large constant body there is one
 * copy, `sharedBody`, whatever is drawn.
 */
export class RequestEncoder {
  readonly headRequest: boolean;
  /** It asks a language model for a stream. */
  readonly asksForStream: boolean;
  /** Goes out behind the bytes of each request; empty unless the body is constant and large. */
  readonly sharedBody: Uint8Array;
  readonly #path: DrawnText;
  readonly #constantBody: Uint8Array | undefined;
  /** `undefined` where the body is constant. */
  readonly #bodyText: DrawnText | undefined;
  readonly #prompt: PromptBody | undefined;
  /** Header values in which something is drawn, by their place among the fields. */
  readonly #fieldTexts: ReadonlyMap<number, DrawnText>;
  readonly #fields: readonly Field[];
  readonly #kept: (Buffer | undefined)[] | undefined;
  #keptBytes = 0;
  /** `undefined` where something is drawn in them. */
  readonly #lines: Buffer | undefined;

  constructor(
    readonly request: RequestPlan,
    readonly frame: RequestFrame,
    readonly seed: number,
    data?: FieldSource | undefined,
    sessions?: Sessions | undefined,
  ) {
    this.headRequest = request.method === 'HEAD';
    this.#path = new DrawnText(frame.pathPrefix + request.path, 'path', seed, firstPathDraw, data);
    const { body } = request;
    this.asksForStream = body !== undefined && asksForStream(body);
    const text =
      body?.kind === 'template'
        ? new DrawnText(body.text, bodyForm(body.text), seed, this.#path.endDraw, data)
        : undefined;
    this.#bodyText = text === undefined || text.combinations === 1 ? undefined : text;
    this.#prompt = body?.kind === 'llm' ? new PromptBody(body, seed, sessions) : undefined;
    if (body !== undefined && body.kind !== 'llm' && this.#bodyText === undefined) {
      this.#constantBody = body.kind === 'bytes' ? body.bytes : Buffer.from(text?.textOf(0) ?? '', 'utf8');
    }
    const constant = this.#constantBody ?? noBody;
    this.sharedBody = constant.length > maxJoinedBytes ? constant : noBody;
    let draw = text?.endDraw ?? this.#path.endDraw;
    const fieldTexts = new Map<number, DrawnText>();
    const fields: Field[] = [];
    for (const [name, value] of sentFields(request, frame)) {
      const drawn = new DrawnText(value, 'header', seed, draw, data);
      draw = drawn.endDraw;
      if (drawn.combinations > 1) fieldTexts.set(fields.length, drawn);
      fields.push([name, drawn.textOf(0)]);
    }
    this.#fields = fields;
    this.#fieldTexts = fieldTexts;
    const total = [...fieldTexts.values()].reduce(
      (product, { combinations }) => product * combinations,
      this.#path.combinations *
        (this.#bodyText?.combinations ?? 1) *
        (this.#prompt ? Number.POSITIVE_INFINITY : 1),
    );
    this.#kept = total <= maxKept ? new Array(total) : undefined;
    this.#lines = fieldTexts.size === 0 ? linesOf(fields) : undefined;
  }

  /** True when every request has the same bytes. */
  get isConstant(): boolean {
    return this.#kept?.length === 1;
  }

  /** The bytes of request `index` of the run, but for `sharedBody`. */
  encode(index: number): Buffer {
    if (this.#kept === undefined) return this.#build(index);
    const slot = this.#combinationOf(index);
    const kept = this.#kept[slot];
    if (kept !== undefined) return kept;
    const built = this.#build(index);
    if (this.#keptBytes + built.length <= maxKeptBytes) {
      this.#kept[slot] = built;
      this.#keptBytes += built.length;
    }
    return built;
  }

  /** The request target that request `index` asks for, as text. */
  pathOf(index: number): string {
    return this.#path.textOf(index);
  }

  /** The header fields of request `index` in the order they are sent in, but for Content-Length. */
  fieldsOf(index: number): readonly Field[] {
    if (this.#fieldTexts.size === 0) return this.#fields;
    return this.#fields.map(([name, value], i) => [name, this.#fieldTexts.get(i)?.textOf(index) ?? value]);
  }

  /** The body that request `index` carries. */
  bodyOf(index: number): Uint8Array | undefined {
    if (this.#prompt !== undefined) return Buffer.from(this.#prompt.textOf(index), 'utf8');
    if (this.#bodyText === undefined) return this.#constantBody;
    return Buffer.from(this.#bodyText.textOf(index), 'utf8');
  }

  #combinationOf(index: number): number {
    let combination = this.#path.combinationOf(index);
    if (this.#bodyText !== undefined) {
      combination = combination * this.#bodyText.combinations + this.#bodyText.combinationOf(index);
    }
    for (const text of this.#fieldTexts.values()) {
      combination = combination * text.combinations + text.combinationOf(index);
    }
    return combination;
  }

  /** The Content-Length that request `index` carries; `undefined` for none. */
  lengthOf(index: number): number | undefined {
    return this.#lengthWith(this.bodyOf(index));
  }

  #lengthWith(body: Uint8Array | undefined): number | undefined {
    return body === undefined && !saysEmptyBody(this.request.method) ? undefined : (body?.length ?? 0);
  }

  #build(index: number): Buffer {
    const { method } = this.request;
    const start = Buffer.from(`${method} ${this.pathOf(index)} HTTP/${this.frame.httpVersion}\r\n`, 'utf8');
    const body = this.bodyOf(index);
    const length = this.#lengthWith(body);
    const end = Buffer.from(length === undefined ? '\r\n' : `Content-Length: ${length}\r\n\r\n`);
    const joined = body === undefined || this.sharedBody.length > 0 ? noBody : body;
    const lines = this.#lines ?? linesOf(this.fieldsOf(index));
    return Buffer.concat([start, lines, end, joined]);
  }
}

/** An encoder for each kind of request of a job. */
export function encodersOf(job: LoadJob): readonly RequestEncoder[] {
  const frame = frameOf(job);
  const mix = requestMixOf(job);
  const { requests, data = [] } = job;
  const records = data.map(
    (source, place) =>
      new RecordFields(source, job.seed, (index) => requests[mix.kindOf(index)]?.dataIndex === place),
  );
  const sessions = job.sessions && new Sessions(job.sessions, job.seed);
  return requests.map((request) => {
    const record = request.dataIndex === undefined ? undefined : records[request.dataIndex];
    const fields = sessions === undefined ? record : new SessionFields(sessions, job.seed, record);
    return new RequestEncoder(request, frame, job.seed, fields, sessions);
  });
}

/** A method that usually carries a body says so when it does not (RFC 9110, section 8.6). */
export function saysEmptyBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

type Field = readonly [name: string, value: string];

/** Header values go over the wire as Latin-1; the scenario lets nothing else in. */
function linesOf(fields: readonly Field[]): Buffer {
  return Buffer.from(fields.map(([name, value]) => `${name}: ${value}\r\n`).join(''), 'latin1');
}

/** The header fields of every request of a kind as templates, but for Content-Length, in the order they are sent in. */
function sentFields(request: RequestPlan, frame: RequestFrame): readonly Field[] {
  const fields = [...generalFields(request, frame)];
  if (!isGiven(request, 'connection')) {
    if (frame.httpVersion === '1.0' && frame.keepAlive) fields.push(['Connection', 'Keep-Alive']);
    if (frame.httpVersion === '1.1' && !frame.keepAlive) fields.push(['Connection', 'close']);
  }
  return [...fields, ...request.headers];
}

/** The header fields that a request has without being told, where it was not told otherwise. */
function generalFields(
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

const streamMember = /"stream"\s*:\s*true/;
/** A body that begins with this much of something else is not looked through. */
const mostLookedAt = 16 * 1024 * 1024;

function asksForStream(body: Body): boolean {
  if (body.kind === 'llm') return streamMember.test(body.members);
  const text =
    body.kind === 'template'
      ? body.text
      : Buffer.from(
          body.bytes.buffer,
          body.bytes.byteOffset,
          Math.min(body.bytes.length, mostLookedAt),
        ).toString('latin1');
  return text.trimStart().startsWith('{') && streamMember.test(text);
}
