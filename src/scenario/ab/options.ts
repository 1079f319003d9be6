import type { AbDisplay } from '../../model/ab-figures.js';
import type { TlsVersion } from '../../model/plan.js';
import type { TargetUrl } from '../grammar/target-url.js';

/** What a command line of ab asks for, with ab's defaults filled in. Files are named, not yet read. */
export interface AbOptions {
  readonly url: TargetUrl & { readonly path: string };
  /** `-n`; 50,000 with `-t` unless a later `-n` says otherwise. */
  readonly requests: number;
  /** `-c`. */
  readonly concurrency: number;
  /** `-t`; `undefined` for no limit. */
  readonly timeLimitSec: number | undefined;
  /** `-s`, for each request. */
  readonly timeoutSec: number;
  readonly method: string;
  /** `-p` or `-u`. */
  readonly bodyFile: string | undefined;
  /** `-T`. */
  readonly contentType: string;
  /** `-k`. */
  readonly keepAlive: boolean;
  /** `-C`, each `name=value`. */
  readonly cookies: readonly string[];
  /** `-A`, else from the URL: `user:password`. */
  readonly credentials: string | undefined;
  /** `-P`: `user:password`. */
  readonly proxyCredentials: string | undefined;
  /** `-H`, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** `-X`. */
  readonly proxy: { readonly host: string; readonly port: number } | undefined;
  /** `-B`; empty lets the system choose. */
  readonly sourceAddresses: readonly string[];
  readonly tls: AbTlsOptions;
  /** `-g`. */
  readonly gnuplotFile: string | undefined;
  /** `-e`. */
  readonly csvFile: string | undefined;
  readonly display: AbDisplay;
  readonly exports: AbExports;
  /** `--samples`. */
  readonly samplesFile: string | undefined;
  /** `--reports`. */
  readonly reportsDir: string | undefined;
  readonly threads: number;
  /** Lower case. */
  readonly attributionHeader: string;
  /** `--log`: nginx's access log that tells the backends. */
  readonly logFile: string | undefined;
  /** `--log-format`; `undefined` to recognise it. */
  readonly logFormat: string | undefined;
  readonly color: boolean;
  readonly quiet: boolean;
  /** One sentence for stderr on each flag that is accepted but does nothing here. */
  readonly notes: readonly string[];
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

export const exportFormats = ['json', 'html', 'markdown', 'csv', 'junit'] as const;

/** File by format; `-` is stdout. */
export type AbExports = Readonly<Partial<Record<(typeof exportFormats)[number], string>>>;

/** Why nothing runs: the whole text for stderr, as ab words it. */
export interface AbRefusal {
  readonly kind: 'refused';
  readonly text: string;
}
