import type { Parsed } from '../../model/parsed.js';
import { shown } from '../../text/shown.js';
import { parseTemplate } from '../../text/template.js';

/** RFC 9110 section 5.6.2 (formerly RFC 7230): what methods and header names are made of. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;

export function parseMethod(text: string): Parsed<string> {
  return token.test(text)
    ? { ok: true, value: text }
    : { ok: false, message: `expected an HTTP method such as GET or POST, got ${shown(text)}` };
}

export function parseHeaderName(text: string): Parsed<string> {
  return token.test(text)
    ? { ok: true, value: text }
    : { ok: false, message: `expected a header name such as X-Request-Id, got ${shown(text)}` };
}

/** A header that the user may set: not those that say where the body ends, which only the engine knows. */
export function parseRequestHeaderName(text: string): Parsed<string> {
  return /^(content-length|transfer-encoding)$/i.test(text)
    ? {
        ok: false,
        message: `expected a header other than Content-Length and Transfer-Encoding, got ${shown(text)}`,
        hint: 'lbbench says how long a body is',
      }
    : parseHeaderName(text);
}

/** What goes over the wire as Latin-1; a line break in it would start another header. */
export function parseHeaderValue(text: string): Parsed<string> {
  const offset = text.search(/[^\t\x20-\x7e\xa0-\xff]/);
  if (offset < 0) return { ok: true, value: text };
  const code = text.codePointAt(offset) ?? 0;
  const isControl = code < 0xa0;
  // The value itself may be a credential and stays out of the message.
  const got = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return {
    ok: false,
    message: isControl
      ? `expected a header value without control characters, got ${got}`
      : `expected a header value in Latin-1, got ${got}`,
    hint: isControl ? undefined : 'encode it, for example with percent signs',
    offset,
  };
}

/** The value of a header of all requests of a kind: a template. */
export function parseHeaderTemplate(text: string): Parsed<string> {
  const value = parseHeaderValue(text);
  const template = value.ok ? parseTemplate(text, 'header') : value;
  return template.ok ? value : template;
}

export function parseCookieName(text: string): Parsed<string> {
  return token.test(text)
    ? { ok: true, value: text }
    : { ok: false, message: `expected a cookie name such as session, got ${shown(text)}` };
}

export function parseCookieValue(text: string): Parsed<string> {
  if (text.includes(';')) {
    return {
      ok: false,
      message: 'expected a cookie value without semicolons, got one with them',
      hint: 'write each cookie as a key of its own',
    };
  }
  return parseHeaderValue(text).ok
    ? parseHeaderTemplate(text)
    : { ok: false, message: 'expected a cookie value in printable Latin-1, got other characters' };
}
