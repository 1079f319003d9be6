import type { LogFormat } from '../../nginx/log-format.js';
import type { TextField } from '../dialect/dialect.js';
import { dialectOf } from '../dialect/dialects.js';

const space = 0x20;
const slash = 0x2f;
const question = 0x3f;

/** The bytes of a text field in a line: `[start, end)`, empty where the line does not tell. */
export interface Bounds {
  start: number;
  end: number;
}

/**
 * The index of a format's variable that is called so, by its own name or by nginx's for the same; `undefined` when the format
 * does not have it.
 */
export function variableNamed(format: LogFormat, name: string): number | undefined {
  const { variables } = format;
  for (const one of [name, name.toLowerCase(), dialectOf(format).variableFor(name)]) {
    const index = variables.indexOf(one);
    if (index >= 0) return index;
  }
  return undefined;
}

/** Narrows the value of a field's variable to the part that is meant. */
export function narrow(field: TextField, buffer: Uint8Array, bounds: Bounds): void {
  if (field.part === 'whole') return;
  const { start, end } = bounds;
  const first = buffer.indexOf(space, start);
  if (first < 0 || first >= end) {
    // No request line: TLS bytes sent to a plain port, `-`.
    bounds.end = start;
    return;
  }
  if (field.part === 'method') {
    bounds.end = first;
    return;
  }
  bounds.start = first + 1;
  if (field.part === 'path') bounds.start = behindHost(buffer, first + 1, end);
  // HTTP/0.9 and requests cut off have no protocol.
  for (let i = end - 1; i > first; i--) {
    if (buffer[i] !== space) continue;
    if (isProtocol(buffer, i + 1, end)) bounds.end = i;
    break;
  }
}

/** Where the path of a URL starts; of a URL without one, where it ends. */
function behindHost(buffer: Uint8Array, start: number, end: number): number {
  const [, scheme] =
    /^(https?:\/\/)/i.exec(Buffer.from(buffer.subarray(start, start + 8)).toString('latin1')) ?? [];
  if (scheme === undefined) return start;
  for (let i = start + scheme.length; i < end; i++) if (buffer[i] === slash || buffer[i] === space) return i;
  return end;
}

function isProtocol(buffer: Uint8Array, start: number, end: number): boolean {
  return end - start >= 5 && buffer.subarray(start, start + 5).every((byte, i) => byte === protocol[i]);
}

const protocol = Buffer.from('HTTP/');

/** Where the query of a request target starts, else its end. */
export function pathEnd(buffer: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) if (buffer[i] === question) return i;
  return end;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A logged value as text: its escaping undone; bytes that are no UTF-8 stay visible as `\xHH`. */
export function textOf(buffer: Uint8Array, start: number, end: number, format: LogFormat): string {
  const bytes = dialectOf(format).unescape(buffer.subarray(start, end), format);
  try {
    return utf8.decode(bytes);
  } catch {
    return Buffer.from(bytes)
      .toString('latin1')
      .replace(/[\x80-\xff]/g, (c) => `\\x${c.charCodeAt(0).toString(16).toUpperCase()}`);
  }
}
