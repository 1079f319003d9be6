import { type Attempts, noAttempts } from '../../model/attempts.js';
import type { Parsed } from '../../model/parsed.js';
import { backendOfUrl } from '../../nginx/address.js';
import { parseBackendLabel } from '../../nginx/attribution.js';
import type { LogFormat } from '../../nginx/log-format.js';
import { commonLog } from './clock.js';
import { type Dialect, type LogFields, oneOf, type Shape, shapeNamed } from './dialect.js';
import { FieldFinder, noFields } from './field-finder.js';
import { FormatParts, known } from './format-parts.js';

const name = 'Apache';
const worker = '{BALANCER_WORKER_NAME}e';
const route = '{BALANCER_WORKER_ROUTE}e';
const combined = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"';

/** Apache's access log behind mod_proxy_balancer: what `LogFormat` has, where it names the worker. */
export const apache: Dialect = {
  name,
  directive: 'LogFormat',
  words: {
    backend: `%${worker}`,
    time: '%t',
    exactTime: '%{usec}t',
    duration: '%D',
    status: '%>s',
    uri: '%r',
    method: '%r',
    host: '%{Host}i',
    userAgent: '%{User-Agent}i',
  },
  get formats() {
    formats ??= {
      'apache-worker': known(compile(`${combined} %${worker}`)),
      'apache-worker-time': known(compile(`${combined} %${worker} %D`)),
      'apache-time-worker': known(compile(`${combined} %D %${worker}`)),
      'apache-worker-quoted': known(compile(`${combined} "%${worker}" %D`)),
    };
    return formats;
  },
  isText: (text) =>
    /%(?:[<>!\d,]*(?:[hsDvTt](?![A-Za-z])|\{[^}]+\}[a-zA-Z]))/.test(text) &&
    !/%(?:c[ip]|ST|HM|\{[+-])/.test(text),
  compile,
  derive: () => [],
  shown: (variable) => `%${variable}`,
  shapeOf: (variable) => shapeNamed(shapes, variable) ?? free,
  fieldsOf,
  attemptsOf,
  escapeCharacter: '\\',
  unescape: unescapeValue,
  variableFor: (variable) =>
    ({
      remote_addr: 'h',
      request_method: 'm',
      http_user_agent: '{User-Agent}i',
      http_host: '{Host}i',
    })[variable] ?? variable,
};

let formats: Dialect['formats'] | undefined;

/**
 * Who was asked: the worker that mod_proxy_balancer chose last, which has an address in its URL, or is known by its route. No
 * worker stands for what Apache answered itself.
 */
function attemptsOf(told: Readonly<Record<string, string>>): Attempts | undefined {
  const [url = '', label = ''] = [told[worker], told[route]];
  const isNamed = (text: string) => text !== '' && text !== '-';
  if (!isNamed(url) && !isNamed(label)) return noAttempts;
  const backend = isNamed(url) ? backendOfUrl(url) : parseBackendLabel(label);
  return backend === undefined ? undefined : { kind: 'served', backends: [backend], pool: undefined };
}

function fieldsOf({ variables }: LogFormat): LogFields {
  const find = new FieldFinder(variables);
  const told = find.all(worker, route);
  return {
    ...noFields,
    backend: told.length === 0 ? undefined : told,
    status: find.index('s'),
    requestTime:
      find.duration('microseconds', ['D']) ??
      find.duration('microseconds', ['{us}T']) ??
      find.duration('milliseconds', ['{ms}T']) ??
      find.duration('seconds', ['T']),
    bodyBytes: find.index('B', 'b'),
    sentBytes: find.index('O'),
    // When the request came.
    time: find.time({ t: commonLog }, true),
    uri: find.part('r', 'target') ?? find.text('U'),
    method: find.text('m') ?? find.part('r', 'method'),
    host: find.text('{Host}i', 'V', 'v'),
    userAgent: find.text('{User-Agent}i'),
  };
}

const quote = 0x22;
const digits = '0123456789';
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Quotes and backslashes of a client's are written behind a backslash, and all that is no printable ASCII as `\xHH`. */
const free: Shape = {
  alphabet: (byte) => byte >= 0x20 && byte < 0x7f && byte !== quote,
  hidesQuotes: true,
};
const matching = (alphabet: string, pattern: RegExp): Shape => ({
  alphabet: oneOf(alphabet),
  isValue: (text) => pattern.test(text),
});
const word: Shape = { alphabet: (byte) => byte > 0x20 && byte < 0x7f && byte !== quote };
const number = matching(`${digits}-`, /^(?:\d+|-)$/);
const shapes: Readonly<Record<string, Shape>> = {
  h: { alphabet: oneOf(`${digits}${letters}.:_%-`) },
  a: { alphabet: oneOf(`${digits}${letters}.:%-`) },
  l: word,
  // A user's name may have spaces, and seldom has.
  u: { ...free, usual: word },
  s: { alphabet: oneOf(digits), width: 3, isStatus: true, isValue: (text) => /^\d{3}$/.test(text) },
  t: {
    alphabet: oneOf(`${digits}${letters}/:+ -`),
    width: 26,
    isSteady: true,
    isValue: (text) => /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}$/.test(text),
  },
  v: word,
  V: word,
  p: number,
  m: word,
  H: word,
  [worker]: word,
  [route]: word,
  ...Object.fromEntries(
    ['b', 'B', 'O', 'I', 'S', 'D', 'T', '{us}T', '{ms}T', '{s}T', 'k', 'P'].map((one) => [one, number]),
  ),
};

/** Takes the text of a `LogFormat` apart, also the directive that it is pasted from. Modifiers say what is left out, not what is there. */
function compile(text: string): Parsed<LogFormat> {
  const parts = new FormatParts(name, 'LogFormat', 'json');
  const [, pasted] = /^\s*(?:LogFormat|CustomLog\s+\S+)\s+"((?:[^"\\]|\\.)*)"/s.exec(text) ?? [];
  const plain = (pasted ?? text)
    .replace(/\\(["\\])/g, '$1')
    .replaceAll('\\t', '\t')
    .trim();
  let end = 0;
  for (const match of plain.matchAll(/%(?:%|[<>!\d,]*(?:(\{[^}]+\})?(\^t[io]|[a-zA-Z])))/g)) {
    const [whole, argument = '', letter] = match;
    parts.text(plain.slice(end, match.index));
    end = match.index + whole.length;
    if (letter === undefined) {
      parts.text('%');
      continue;
    }
    // A time comes with brackets of its own.
    const isTime = letter === 't' && argument === '';
    if (isTime) parts.text('[');
    parts.variable(argument + letter, whole);
    if (isTime) parts.text(']');
  }
  parts.text(plain.slice(end));
  return parts.format(plain);
}

/** Undoes `\"`, `\\`, `\xHH` and C's escapes. */
function unescapeValue(logged: Uint8Array): Uint8Array {
  if (!logged.includes(0x5c)) return logged;
  const text = Buffer.from(logged).toString('latin1');
  const plain = text.replace(/\\(?:x([0-9a-f]{2})|(.))/gis, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (escapes[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(plain, 'latin1');
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', v: '\v', f: '\f' };
