import type { Attempts } from '../../model/attempts.js';
import { noAttempts } from '../../model/attempts.js';
import type { Parsed } from '../../model/parsed.js';
import type { LogFormat } from '../../nginx/log-format.js';
import { type Clock, commonLog, commonLogMs, epoch } from './clock.js';
import { type Dialect, type LogFields, oneOf, type Shape, shapeNamed } from './dialect.js';
import { FieldFinder, noFields } from './field-finder.js';
import { FormatParts, known as knownFormat } from './format-parts.js';

const name = 'HAProxy';

/** HAProxy's HTTP log (`option httplog`, `httpslog`, `log-format`), as its configuration manual has it in 8.2 and 8.6. */
export const haproxy: Dialect = {
  name,
  directive: 'log-format',
  words: {
    backend: '%s',
    time: '%tr, %trl or %trg',
    exactTime: '%tr',
    duration: '%Ta, %Tr, %Tc, %Tw, %TR',
    status: '%ST',
    uri: '%r or %HU',
    method: '%r or %HM',
    host: 'the host (which HAProxy logs among captured headers only)',
    userAgent: 'the client program (which HAProxy logs among captured headers only)',
  },
  get formats() {
    known ??= knownFormats();
    return known;
  },
  isText: (text) => !text.includes('$') && /%(?:\{[^}]*\})?[A-Za-z[]/.test(text),
  compile: compileText,
  derive: () => [],
  shown: (variable) => `%${variable}`,
  shapeOf: (variable) => shapeNamed(shapes, variable) ?? free,
  fieldsOf,
  attemptsOf,
  escapeCharacter: '#',
  unescape: unescapeValue,
  variableFor: (variable) =>
    ({ remote_addr: 'ci', remote_port: 'cp', request_method: 'HM', request_uri: 'HU' })[variable] ?? variable,
};

/**
 * Who was tried. `%s` names the last server, and retries were tries at it, unless a plus sign says that the request was
 * redispatched: then the log does not tell whose they were. `<NOSRV>` is an answer of HAProxy's own; that no server was
 * left is told by its termination state. Without that in the format no server counts as not asked for.
 */
function attemptsOf({
  s: server = '',
  tsc,
  ts,
  rc = '0',
}: Readonly<Record<string, string>>): Attempts | undefined {
  const state = tsc ?? ts ?? '';
  if (!/^(?:[A-Za-z-]{2,4})?$/.test(state) || !/^\+?\d{1,5}$/.test(rc)) return undefined;
  if (/^<[A-Z]+>$/.test(server)) {
    // A server refused (there was none), or the time in a queue for one was over.
    const isNoneLeft = server === '<NOSRV>' && /^(?:SC|sC|sQ|SQ)/.test(state);
    return isNoneLeft ? { kind: 'none-left', backends: [], pool: undefined } : noAttempts;
  }
  if (!/^[\w.:-]+$/.test(server)) return undefined;
  const tried = Array<string | undefined>(Math.min(Number(rc), maxRetries));
  tried.fill(rc.startsWith('+') ? undefined : server);
  return { kind: 'served', backends: [...tried, server], pool: undefined };
}

/** `retries` is seldom more than 3. */
const maxRetries = 64;

function fieldsOf({ variables }: LogFormat): LogFields {
  const find = new FieldFinder(variables);
  const ms = (plus: readonly string[], minus?: readonly string[]) =>
    find.duration('milliseconds', plus, minus);
  return {
    ...noFields,
    backend: find.index('s') === undefined ? undefined : find.all('s', 'tsc', 'ts', 'rc'),
    // What was not spent on the request's coming in and on queues is the server's, retries among it. HAProxy before 1.8 has
    // `%Tq` and `%Tt` where later ones have `%TR` and `%Ta`.
    attemptTime: ms(['Ta'], ['TR', 'Tw']) ?? ms(['Tt'], ['Tq', 'Tw']),
    headerTime: ms(['Tc', 'Tr']),
    connectTime: ms(['Tc']),
    status: find.index('ST'),
    requestTime: ms(['Ta']) ?? ms(['Tt']),
    sentBytes: find.index('B'),
    time: find.time(clocks, true),
    uri: find.text('HU') ?? find.part('r', 'target') ?? find.text('HP'),
    method: find.text('HM') ?? find.part('r', 'method'),
  };
}

/** Variables that tell when a request began, the most exact first. */
const clocks: Readonly<Record<string, Clock>> = {
  tr: commonLogMs,
  t: commonLogMs,
  trg: commonLog,
  trl: commonLog,
  T: commonLog,
  Tl: commonLog,
  Ts: epoch,
};

const digits = '0123456789';
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const quote = 0x22;

/** All others and quotes are written as `#HH`. */
const free: Shape = { alphabet: (byte) => byte >= 0x20 && byte < 0x7f && byte !== quote };
const value = (alphabet: string, pattern: RegExp): Shape => ({
  alphabet: oneOf(alphabet),
  isValue: (text) => pattern.test(text),
});
/** With a plus sign where the log was written before the end (`option logasap`). */
const number = value(`${digits}+-`, /^(?:-1|\+?\d+)$/);
const proxy = value(`${letters}${digits}_.:~-`, /^[\w.:~-]+$/);
const address = value(`${letters}${digits}.:%-`, /^[\w.:%-]+$/);
const state = value(`${letters}-`, /^[A-Za-z-]{2,4}$/);
const date = value(`${letters}${digits}/:.+ `, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:/);
/** What captured headers and the space behind them take; nothing where none are captured. */
const captures: Shape = {
  alphabet: free.alphabet,
  isValue: (text) => text === '' || /^\{.*\} $/s.test(text),
};

const shapes: Readonly<Record<string, Shape>> = {
  ...Object.fromEntries(
    'TR Tw Tc Tr Ta Tt Td Th Ti Tq Tu ST B U ac fc bc sc rc sq bq cp fp bp sp lc pid rt Ts ms'
      .split(' ')
      .map((one) => [one, number]),
  ),
  ...Object.fromEntries(['f', 'ft', 'b'].map((one) => [one, proxy])),
  ...Object.fromEntries(['ci', 'fi', 'bi', 'si'].map((one) => [one, address])),
  ...Object.fromEntries(Object.keys(clocks).map((one) => [one, one === 'Ts' ? number : date])),
  s: value(`${letters}${digits}_.:<>-`, /^(?:[\w.:-]+|<[A-Z]+>)$/),
  ts: state,
  tsc: state,
  captures,
};

/** Takes the text of a `log-format` apart, `%{+Q}r`, `%[fetch]` and `%%` among it; also the directive that it is pasted from. */
function compileText(text: string): Parsed<LogFormat> {
  const parts = new FormatParts(name, 'log-format');
  let isQuoted = false;
  let end = 0;
  const plain = unquoted(text)
    .trim()
    .replace(/(?:\\?\s)+/g, ' ');
  for (const match of plain.matchAll(/%(?:%|\[([^\]]*)\]|(?:\{([^}]*)\})?([A-Za-z]+))/g)) {
    const [whole, fetch, flags = '', variable] = match;
    parts.text(plain.slice(end, match.index));
    end = match.index + whole.length;
    if (fetch === undefined && variable === undefined) {
      parts.text('%');
      continue;
    }
    const quotes: boolean = flags.includes('+Q') || (isQuoted && !flags.includes('-Q'));
    if (variable === 'o') {
      isQuoted = quotes;
      continue;
    }
    // Captured headers are left out with the space behind them where there are none.
    const isCapture = variable === 'hr' || variable === 'hs';
    if (isCapture && plain[end] === ' ') end++;
    if (isCapture && !parts.hasLiteral && parts.lastVariable === 'captures') continue;
    if (quotes) parts.text('"');
    parts.variable(isCapture ? 'captures' : (variable ?? `[${fetch}]`), whole);
    if (quotes) parts.text('"');
  }
  parts.text(plain.slice(end));
  return parts.format(plain);
}

/** What stands behind `log-format` in a configuration, or the text itself. */
function unquoted(text: string): string {
  const [, value] = /^\s*log-format\s+(.*)$/s.exec(text) ?? [];
  if (value === undefined) return text;
  const [, double] = /^"((?:[^"\\]|\\.)*)"\s*$/s.exec(value) ?? [];
  return double === undefined ? value.replace(/^'(.*)'\s*$/s, '$1') : double.replaceAll('\\"', '"');
}

/** Made when a log is first compared with them. */
let known: Dialect['formats'] | undefined;

/** The first two are those of logs without captured cookies. */
function knownFormats(): Dialect['formats'] {
  const http = (cookies: string) =>
    `%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B ${cookies} %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r`;
  const tls =
    '%[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni]/%sslv/%sslc';
  const texts = {
    httplog: http('- -'),
    httpslog: `${http('- -')} ${tls}`,
    'httplog-cookies': http('%CC %CS'),
  };
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, knownFormat(compileText(text))]),
  );
}

/** Undoes `#HH`. */
function unescapeValue(logged: Uint8Array): Uint8Array {
  const text = Buffer.from(logged).toString('latin1');
  const plain = text.replace(/#([0-9A-F]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(plain, 'latin1');
}
