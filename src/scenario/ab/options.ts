import type { AbDisplay } from '../../model/ab-figures.js';
import type { ExpectedBackend, TlsVersion, WireChoice } from '../../model/plan.js';
import type { Rule } from '../../model/rule.js';
import type { TargetUrl } from '../grammar/target-url.js';

/** What a command line of ab asks for, with ab's defaults filled in. Files are named, not yet read. */
export interface AbOptions extends Readonly<Omit<AbDraft, 'method' | 'print'>> {
  readonly url: TargetUrl & { readonly path: string };
  readonly method: string;
  readonly display: AbDisplay;
}

/** The options while the flags are read one by one; order matters to ab. */
export interface AbDraft {
  /** `-n`; 50,000 with `-t` unless a later `-n` says otherwise. */
  requests: number;
  /** `-c`. */
  concurrency: number;
  /** `-t`; `undefined` for no limit. */
  timeLimitSec: number | undefined;
  /** `-s`, for each request. */
  timeoutSec: number;
  /** `undefined` until a flag names one. */
  method: string | undefined;
  /** `-p` or `-u`. */
  bodyFile: string | undefined;
  /** `-T`. */
  contentType: string;
  /** `-k`. */
  keepAlive: boolean;
  /** `-C`, each `name=value`. */
  cookies: string[];
  /** `-A`, else from the URL: `user:password`. */
  credentials: string | undefined;
  /** `-P`: `user:password`. */
  proxyCredentials: string | undefined;
  /** `-H`, in order. */
  headers: (readonly [name: string, value: string])[];
  /** `-X`. */
  proxy: { readonly host: string; readonly port: number } | undefined;
  /** `-B`; empty lets the system choose. */
  sourceAddresses: readonly string[];
  tls: AbTlsOptions;
  /** `-g`. */
  gnuplotFile: string | undefined;
  /** `-e`. */
  csvFile: string | undefined;
  /** The flags that only say how to print. */
  print: AbPrintDraft;
  /** `--export-FORMAT`: file by format; `-` is stdout. */
  exports: Readonly<Record<string, string>>;
  /** `--samples`. */
  samplesFile: string | undefined;
  /** `--reports`. */
  reportsDir: string | undefined;
  wire: WireChoice | undefined;
  threads: number;
  /** Lower case. */
  attributionHeader: string;
  /** `--log`: nginx's access log that tells the backends. */
  logFile: string | undefined;
  /** `--log-format`; `undefined` to recognise it. */
  logFormat: string | undefined;
  /** `--expect`. */
  expected: readonly ExpectedBackend[] | undefined;
  /** `--conf`: nginx's configuration, in which an upstream block says what is expected. */
  confFile: string | undefined;
  /** `--upstream`; `undefined` for the only one. */
  upstream: string | undefined;
  /** `--threshold`, in order. */
  rules: Rule[];
  color: boolean;
  quiet: boolean;
  /** One sentence for stderr on each flag that is accepted but does nothing here. */
  notes: string[];
}

export interface AbTlsOptions {
  /** False unless `--verify-tls`: ab never checks certificates. */
  readonly verify: boolean;
  /** False with `-I`. */
  readonly serverName: boolean;
  /** `-Z`. */
  readonly ciphers: string | undefined;
  /** `-f`; `undefined` for any. */
  readonly version: TlsVersion | undefined;
  /** `-E`: PEM file with both certificate chain and key. */
  readonly certificateFile: string | undefined;
}

export interface AbPrintDraft {
  percentages: boolean;
  estimators: boolean;
  variableLength: boolean;
  html: boolean;
  table: string;
  row: string;
  cell: string;
  progress: boolean;
  compat: boolean;
}

/** ab's defaults. */
export function emptyDraft(): AbDraft {
  return {
    requests: 1,
    concurrency: 1,
    timeLimitSec: undefined,
    timeoutSec: 30,
    method: undefined,
    bodyFile: undefined,
    contentType: 'text/plain',
    keepAlive: false,
    cookies: [],
    credentials: undefined,
    proxyCredentials: undefined,
    headers: [],
    proxy: undefined,
    sourceAddresses: [],
    tls: {
      verify: false,
      serverName: true,
      ciphers: undefined,
      version: undefined,
      certificateFile: undefined,
    },
    gnuplotFile: undefined,
    csvFile: undefined,
    print: {
      percentages: true,
      estimators: true,
      variableLength: false,
      html: false,
      table: '',
      row: '',
      cell: 'bgcolor=white',
      progress: true,
      compat: false,
    },
    exports: {},
    samplesFile: undefined,
    reportsDir: undefined,
    wire: undefined,
    threads: 1,
    attributionHeader: 'x-upstream',
    logFile: undefined,
    logFormat: undefined,
    expected: undefined,
    confFile: undefined,
    upstream: undefined,
    rules: [],
    color: true,
    quiet: false,
    notes: [],
  };
}

/** Why nothing runs: the whole text for stderr. */
export interface AbRefusal {
  readonly kind: 'refused';
  readonly text: string;
}

/** What ab calls itself in its messages. */
export const programName = 'lbbench ab';

/** One line: what is wrong, and what to do about it. A terminal need not obey what a user has copied. */
export function refusal(message: string, hint?: string): AbRefusal {
  const text = `${programName}: ${message}${hint === undefined ? '' : `; ${hint}`}`;
  return { kind: 'refused', text: `${text.replace(/\p{C}/gu, '?')}\n` };
}
