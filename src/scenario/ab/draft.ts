import type { AbExports, AbTlsOptions } from './options.js';

/** The options while the flags are read one by one; order matters to ab. */
export interface AbDraft {
  requests: number;
  concurrency: number;
  timeLimitSec: number | undefined;
  timeoutSec: number;
  /** `undefined` until a flag names one. */
  method: string | undefined;
  bodyFile: string | undefined;
  contentType: string;
  keepAlive: boolean;
  cookies: string[];
  credentials: string | undefined;
  proxyCredentials: string | undefined;
  headers: (readonly [name: string, value: string])[];
  proxy: { readonly host: string; readonly port: number } | undefined;
  sourceAddresses: readonly string[];
  tls: AbTlsOptions;
  gnuplotFile: string | undefined;
  csvFile: string | undefined;
  print: AbPrintDraft;
  exports: AbExports;
  samplesFile: string | undefined;
  reportsDir: string | undefined;
  threads: number;
  attributionHeader: string;
  logFile: string | undefined;
  logFormat: string | undefined;
  color: boolean;
  quiet: boolean;
  notes: string[];
}

/** The flags that only say how to print. */
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
    threads: 1,
    attributionHeader: 'x-upstream',
    logFile: undefined,
    logFormat: undefined,
    color: true,
    quiet: false,
    notes: [],
  };
}
