import type { Parsed } from '../../model/parsed.js';
import type { WireChoice } from '../../model/plan.js';
import { shown } from '../../text/shown.js';
import { parseRule } from '../../verdict/rule.js';
import { parseHeaderName, parseHeaderValue, parseMethod } from '../grammar/http-field.js';
import { parseWeights } from '../grammar/weights.js';
import { type AbDraft, type AbRefusal, type AbTlsOptions, refusal } from './options.js';
import {
  countOf,
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

const maxThreads = 256;
const wireChoices: readonly WireChoice[] = ['auto', 'uring', 'epoll', 'node'];

/** Nothing, why the flag is refused, or that something else is asked for than a run. */
type Applied = AbRefusal | { readonly kind: 'help' } | { readonly kind: 'version' } | undefined;

/** One flag: how it is written, what the usage says of it, what it does. */
export interface AbFlag {
  /** `n` for `-n`, `threads` for `--threads`. */
  readonly name: string;
  /** What the usage calls its value; `undefined` for a flag without one. */
  readonly argument?: string;
  /** Lines of the usage; none for a flag that is another's second name. */
  readonly help: readonly string[];
  /** @param value empty for a flag without one */
  apply(draft: AbDraft, value: string): Applied;
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** A flag whose value is kept as it is, or that says something by being there. */
function setting(
  name: string,
  argument: string | undefined,
  help: readonly string[],
  set: (draft: AbDraft, value: string) => void,
): AbFlag {
  return {
    name,
    ...(argument === undefined ? {} : { argument }),
    help,
    apply: (draft, value) => {
      set(draft, value);
      return undefined;
    },
  };
}

/** A flag whose value is in a small language of its own. */
function parsed<T>(
  name: string,
  argument: string,
  help: readonly string[],
  parse: (text: string) => Parsed<T>,
  set: (draft: AbDraft, value: T) => void,
): AbFlag {
  return {
    name,
    argument,
    help,
    apply: (draft, text) => {
      const value = parse(text);
      if (!value.ok) return refusal(`${dashed(name)}: ${value.message}`, value.hint);
      set(draft, value.value);
      return undefined;
    },
  };
}

/** A flag whose number lbbench has no use for. */
function unused(name: string, argument: string, help: readonly string[], why: string): AbFlag {
  return {
    name,
    argument,
    help,
    apply: (draft, value) => {
      if (wholeNumber(value) === undefined)
        return refusal(`-${name}: expected a whole number, got ${shown(value)}`);
      draft.notes.push(`-${name} has no effect: ${why}`);
      return undefined;
    },
  };
}

function methodOf(
  name: string,
  argument: string | undefined,
  help: readonly string[],
  method: 'HEAD' | 'POST' | 'PUT',
): AbFlag {
  return {
    name,
    ...(argument === undefined ? {} : { argument }),
    help,
    apply: (draft, file) => {
      if (draft.method !== undefined) {
        return refusal(
          `Cannot mix ${method} with other methods`,
          'keep one of -p, -u and -i; -m behind it changes the method',
        );
      }
      draft.method = method;
      if (method !== 'HEAD') draft.bodyFile = file;
      return undefined;
    },
  };
}

function html(
  name: string,
  argument: string | undefined,
  help: readonly string[],
  set: (draft: AbDraft, value: string) => void,
): AbFlag {
  return setting(name, argument, help, (draft, value) => {
    draft.print.html = true;
    set(draft, value);
  });
}

function tls(draft: AbDraft, part: Partial<AbTlsOptions>): void {
  draft.tls = { ...draft.tls, ...part };
}

/** ab's own flags, in the order of its usage. */
export const abFlags: readonly AbFlag[] = [
  {
    name: 'n',
    argument: 'requests',
    help: ['Number of requests to perform'],
    apply: (draft, value) => {
      const number = countOf(value);
      if (number === undefined || number <= 0) {
        return refusal(
          `Invalid number of requests ${shown(value)}`,
          'write a whole number of at least 1, such as -n 1000 or -n 10k',
        );
      }
      draft.requests = number;
      return undefined;
    },
  },
  {
    name: 'c',
    argument: 'concurrency',
    help: ['Number of multiple requests to make at a time'],
    apply: (draft, value) => {
      const number = countOf(value);
      if (number === undefined || number < 1 || number > maxConcurrency) {
        return refusal(
          `Invalid Concurrency [Range 1..${maxConcurrency}], got ${shown(value)}`,
          'write a whole number such as -c 10',
        );
      }
      draft.concurrency = number;
      return undefined;
    },
  },
  parsed(
    't',
    'timelimit',
    ['Seconds to max. to spend on benchmarking', 'This implies -n 50000'],
    (text) => parseSeconds(text, 0),
    (draft, seconds) => {
      draft.timeLimitSec = seconds === 0 ? undefined : seconds;
      draft.requests = timedRequests;
    },
  ),
  parsed(
    's',
    'timeout',
    ['Seconds to max. wait for each response', 'Default is 30 seconds'],
    (text) => parseSeconds(text, 1),
    (draft, seconds) => {
      draft.timeoutSec = seconds;
    },
  ),
  unused(
    'b',
    'windowsize',
    ['Size of TCP send/receive buffer, in bytes'],
    'the size of the socket buffers is left to the system',
  ),
  parsed(
    'B',
    'address',
    ['Address to bind to when making outgoing connections'],
    parseAddresses,
    (draft, addresses) => {
      draft.sourceAddresses = addresses;
    },
  ),
  methodOf('p', 'postfile', ['File containing data to POST. Remember also to set -T'], 'POST'),
  methodOf('u', 'putfile', ['File containing data to PUT. Remember also to set -T'], 'PUT'),
  parsed(
    'T',
    'content-type',
    [
      'Content-type header to use for POST/PUT data, eg.',
      "'application/x-www-form-urlencoded'",
      "Default is 'text/plain'",
    ],
    parseHeaderValue,
    (draft, type) => {
      draft.contentType = type;
    },
  ),
  unused(
    'v',
    'verbosity',
    ['How much troubleshooting info to print'],
    'lbbench does not print single requests, see --samples',
  ),
  html('w', undefined, ['Print out results in HTML tables'], () => undefined),
  methodOf('i', undefined, ['Use HEAD instead of GET'], 'HEAD'),
  html('x', 'attributes', ['String to insert as table attributes'], (draft, text) => {
    draft.print.table = text;
  }),
  html('y', 'attributes', ['String to insert as tr attributes'], (draft, text) => {
    draft.print.row = text;
  }),
  html('z', 'attributes', ['String to insert as td or th attributes'], (draft, text) => {
    draft.print.cell = text;
  }),
  parsed(
    'C',
    'attribute',
    ["Add cookie, eg. 'Apache=1234'. (repeatable)"],
    parseHeaderValue,
    (draft, cookie) => {
      draft.cookies.push(cookie);
    },
  ),
  parsed(
    'H',
    'attribute',
    [
      "Add Arbitrary header line, eg. 'Accept-Encoding: gzip'",
      'Inserted after all normal header lines. (repeatable)',
    ],
    parseHeaderLine,
    (draft, header) => {
      draft.headers.push(header);
    },
  ),
  // Sent in base64, so any character may stand in them.
  setting(
    'A',
    'attribute',
    ['Add Basic WWW Authentication, the attributes', 'are a colon separated username and password.'],
    (draft, credentials) => {
      draft.credentials = credentials.trimStart();
    },
  ),
  setting(
    'P',
    'attribute',
    ['Add Basic Proxy Authentication, the attributes', 'are a colon separated username and password.'],
    (draft, credentials) => {
      draft.proxyCredentials = credentials.trimStart();
    },
  ),
  parsed('X', 'proxy:port', ['Proxyserver and port number to use'], parseProxy, (draft, proxy) => {
    draft.proxy = proxy;
  }),
  { name: 'V', help: ['Print version number and exit'], apply: () => ({ kind: 'version' }) },
  setting('k', undefined, ['Use HTTP KeepAlive feature'], (draft) => {
    draft.keepAlive = true;
  }),
  setting('d', undefined, ['Do not show percentiles served table.'], (draft) => {
    draft.print.percentages = false;
  }),
  setting('S', undefined, ['Do not show confidence estimators and warnings.'], (draft) => {
    draft.print.estimators = false;
  }),
  setting('q', undefined, ['Do not show progress when doing more than 150 requests'], (draft) => {
    draft.print.progress = false;
  }),
  setting('l', undefined, ['Accept variable document length (use this for dynamic pages)'], (draft) => {
    draft.print.variableLength = true;
  }),
  setting('g', 'filename', ['Output collected data to gnuplot format file.'], (draft, file) => {
    draft.gnuplotFile = file;
  }),
  setting('e', 'filename', ['Output CSV file with percentages served'], (draft, file) => {
    draft.csvFile = file;
  }),
  // What it asks for is what lbbench always does: count the error and go on.
  setting('r', undefined, ["Don't exit on socket receive errors."], () => undefined),
  parsed('m', 'method', ['Method name'], parseMethod, (draft, method) => {
    draft.method = method;
  }),
  { name: 'h', help: ['Display usage information (this message)'], apply: () => ({ kind: 'help' }) },
  setting('I', undefined, ['Disable TLS Server Name Indication (SNI) extension'], (draft) => {
    tls(draft, { serverName: false });
  }),
  setting('Z', 'ciphersuite', ['Specify SSL/TLS cipher suite (See openssl ciphers)'], (draft, ciphers) => {
    tls(draft, { ciphers });
  }),
  parsed(
    'f',
    'protocol',
    ['Specify SSL/TLS protocol', '(TLS1, TLS1.1, TLS1.2, TLS1.3 or ALL)'],
    parseProtocol,
    (draft, version) => {
      tls(draft, { version });
    },
  ),
  setting(
    'E',
    'certfile',
    ['Specify optional client certificate chain and private key'],
    (draft, certificateFile) => {
      tls(draft, { certificateFile });
    },
  ),
];

/** What lbbench has and ab has not. @param exportFormats what `--export-…` can write */
export function ownFlags(exportFormats: readonly string[]): readonly AbFlag[] {
  return [
    ...exportFormats.map((format) =>
      setting(`export-${format}`, 'FILE', [`Write the report as ${format}, - for stdout`], (draft, file) => {
        draft.exports = { ...draft.exports, [format]: file };
      }),
    ),
    setting('samples', 'FILE', ['Write every request as one line of JSON'], (draft, file) => {
      draft.samplesFile = file;
    }),
    setting('reports', 'DIR', ['Write the report into this folder'], (draft, folder) => {
      draft.reportsDir = folder;
    }),
    {
      name: 'wire',
      argument: 'W',
      help: ['What to send over: auto, uring, epoll or node', 'Default is auto, the best there is'],
      apply: (draft, value) => {
        const wire = wireChoices.find((choice) => choice === value);
        if (wire === undefined) return refusal('--wire: expected auto, uring, epoll or node');
        draft.wire = wire;
        return undefined;
      },
    },
    {
      name: 'threads',
      argument: 'N',
      help: ['Number of threads that send'],
      apply: (draft, value) => {
        const number = wholeNumber(value);
        if (number === undefined || number < 1 || number > maxThreads) {
          return refusal(`--threads: expected a whole number from 1 to ${maxThreads}`);
        }
        draft.threads = number;
        return undefined;
      },
    },
    parsed(
      'attribution-header',
      'NAME',
      ['Response header that names the backend', 'Default is X-Upstream'],
      parseHeaderName,
      (draft, name) => {
        draft.attributionHeader = name.toLowerCase();
      },
    ),
    setting(
      'log',
      'FILE',
      [
        "Count by nginx's access log, which must end up with",
        "this run's lines; the header is compared with it",
      ],
      (draft, file) => {
        draft.logFile = file;
      },
    ),
    setting('log-format', 'F', ['Its log_format, recognised when left out'], (draft, text) => {
      draft.logFormat = text;
    }),
    parsed(
      'expect',
      'WEIGHTS',
      ['What is expected of the backends, equal shares without it:', '127.0.0.1:8001=3,127.0.0.1:8002=1'],
      parseWeights,
      (draft, weights) => {
        draft.expected = Object.entries(weights).map(([address, weight]) => ({ address, weight }));
      },
    ),
    setting('conf', 'FILE', ["nginx's configuration, whose upstream block says the same"], (draft, file) => {
      draft.confFile = file;
    }),
    setting('upstream', 'NAME', ['Which block of --conf, where it has several'], (draft, name) => {
      draft.upstream = name;
    }),
    parsed(
      'threshold',
      'RULE',
      ["Rule that decides the exit code, such as 'skew < 5%'", '(repeatable)'],
      parseRule,
      (draft, rule) => {
        draft.rules.push(rule);
      },
    ),
    setting('verify-tls', undefined, ["Check the server's certificate"], (draft) => {
      tls(draft, { verify: true });
    }),
    setting('ab-compat', undefined, ["Copy ab's arithmetic, faults included"], (draft) => {
      draft.print.compat = true;
    }),
    setting('quiet', undefined, ['Do not show progress and notes'], (draft) => {
      draft.quiet = true;
      draft.print.progress = false;
    }),
    setting('no-color', undefined, ['Do not use colors'], (draft) => {
      draft.color = false;
    }),
    { name: 'help', help: [], apply: () => ({ kind: 'help' }) },
    { name: 'version', help: [], apply: () => ({ kind: 'version' }) },
  ];
}
