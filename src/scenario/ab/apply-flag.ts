import type { Parsed } from '../../model/parsed.js';
import { parseHeaderValue, parseMethod } from '../grammar/http-field.js';
import type { AbDraft } from './draft.js';
import type { AbRefusal } from './options.js';
import { programName, usage } from './usage.js';
import {
  parseAddresses,
  parseHeaderLine,
  parseProtocol,
  parseProxy,
  parseSeconds,
  wholeNumber,
} from './values.js';

/** ab's limit, as Debian builds it. ab names 0 as the lowest and then dies on it. */
export const maxConcurrency = 200_000;

/** `-t` without a later `-n`. */
const timedRequests = 50_000;

/** Nothing, or why the flag is refused. */
export type Applied = AbRefusal | undefined;

type Apply = (draft: AbDraft, value: string) => Applied;

/** ab ends a plain message with an empty line. */
function fatal(message: string): AbRefusal {
  return { kind: 'refused', text: `${message}\n\n` };
}

/** A message that ab follows with its usage. */
export function withUsage(message: string): AbRefusal {
  return { kind: 'refused', text: `${programName}: ${message}\n${usage}` };
}

/** For what ab takes and lbbench does not. */
export function refusal(flag: string, message: string, hint?: string): AbRefusal {
  return {
    kind: 'refused',
    text: `${programName}: ${flag}: ${message}${hint === undefined ? '' : `; ${hint}`}\n`,
  };
}

function parsedBy<T>(
  letter: string,
  parse: (text: string) => Parsed<T>,
  set: (draft: AbDraft, value: T) => void,
): Apply {
  return (draft, text) => {
    const parsed = parse(text);
    if (!parsed.ok) return refusal(`-${letter}`, parsed.message, parsed.hint);
    set(draft, parsed.value);
    return undefined;
  };
}

function setting(set: (draft: AbDraft, value: string) => void): Apply {
  return (draft, value) => {
    set(draft, value);
    return undefined;
  };
}

/** A flag whose number lbbench has no use for. */
function unused(letter: string, note: string): Apply {
  return (draft, value) => {
    if (wholeNumber(value) === undefined) return refusal(`-${letter}`, 'expected a whole number');
    draft.notes.push(note);
    return undefined;
  };
}

function methodOf(name: 'HEAD' | 'POST' | 'PUT'): Apply {
  return (draft, file) => {
    if (draft.method !== undefined) return fatal(`Cannot mix ${name} with other methods`);
    draft.method = name;
    if (name !== 'HEAD') draft.bodyFile = file;
    return undefined;
  };
}

function htmlSetting(set: (draft: AbDraft, value: string) => void): Apply {
  return setting((draft, value) => {
    draft.print.html = true;
    set(draft, value);
  });
}

function requests(draft: AbDraft, value: string): Applied {
  const number = wholeNumber(value);
  if (number === undefined || number <= 0) return fatal('Invalid number of requests');
  draft.requests = number;
  return undefined;
}

function concurrency(draft: AbDraft, value: string): Applied {
  const number = wholeNumber(value);
  if (number === undefined || number < 1 || number > maxConcurrency) {
    return withUsage(`Invalid Concurrency [Range 1..${maxConcurrency}]`);
  }
  draft.concurrency = number;
  return undefined;
}

function timeLimit(draft: AbDraft, value: string): Applied {
  const parsed = parseSeconds(value, 0);
  if (!parsed.ok) return refusal('-t', parsed.message);
  draft.timeLimitSec = parsed.value === 0 ? undefined : parsed.value;
  draft.requests = timedRequests;
  return undefined;
}

/** What each letter but `-h` and `-V` does. */
export const flags: Readonly<Record<string, Apply>> = {
  n: requests,
  c: concurrency,
  t: timeLimit,
  s: parsedBy(
    's',
    (text) => parseSeconds(text, 1),
    (draft, seconds) => {
      draft.timeoutSec = seconds;
    },
  ),
  b: unused('b', '-b has no effect: the size of the socket buffers is left to the system'),
  B: parsedBy('B', parseAddresses, (draft, addresses) => {
    draft.sourceAddresses = addresses;
  }),
  p: methodOf('POST'),
  u: methodOf('PUT'),
  i: methodOf('HEAD'),
  m: parsedBy('m', parseMethod, (draft, method) => {
    draft.method = method;
  }),
  T: parsedBy('T', parseHeaderValue, (draft, type) => {
    draft.contentType = type;
  }),
  v: unused('v', '-v has no effect: lbbench does not print single requests, see --samples'),
  l: setting((draft) => {
    draft.print.variableLength = true;
  }),
  // What it asks for is what lbbench always does: count the error and go on.
  r: setting(() => undefined),
  k: setting((draft) => {
    draft.keepAlive = true;
  }),
  w: htmlSetting(() => undefined),
  x: htmlSetting((draft, text) => {
    draft.print.table = text;
  }),
  y: htmlSetting((draft, text) => {
    draft.print.row = text;
  }),
  z: htmlSetting((draft, text) => {
    draft.print.cell = text;
  }),
  C: parsedBy('C', parseHeaderValue, (draft, cookie) => draft.cookies.push(cookie)),
  H: parsedBy('H', parseHeaderLine, (draft, header) => draft.headers.push(header)),
  // Sent in base64, so any character may stand in them.
  A: setting((draft, credentials) => {
    draft.credentials = credentials.trimStart();
  }),
  P: setting((draft, credentials) => {
    draft.proxyCredentials = credentials.trimStart();
  }),
  X: parsedBy('X', parseProxy, (draft, proxy) => {
    draft.proxy = proxy;
  }),
  g: setting((draft, file) => {
    draft.gnuplotFile = file;
  }),
  e: setting((draft, file) => {
    draft.csvFile = file;
  }),
  d: setting((draft) => {
    draft.print.percentages = false;
  }),
  S: setting((draft) => {
    draft.print.estimators = false;
  }),
  q: setting((draft) => {
    draft.print.progress = false;
  }),
  I: setting((draft) => {
    draft.tls = { ...draft.tls, serverName: false };
  }),
  Z: setting((draft, ciphers) => {
    draft.tls = { ...draft.tls, ciphers };
  }),
  f: parsedBy('f', parseProtocol, (draft, version) => {
    draft.tls = { ...draft.tls, version };
  }),
  E: setting((draft, certificateFile) => {
    draft.tls = { ...draft.tls, certificateFile };
  }),
};
