import { UnreadableFile } from '../../files/read-whole.js';
import type { Attribution, Body, Plan, Target, TlsPlan } from '../../model/plan.js';
import { shown } from '../../text/shown.js';
import { escapeTemplate } from '../../text/template.js';
import { familyOf } from '../grammar/source-addresses.js';
import { tlsMaterialFaults } from '../grammar/tls-material.js';
import { type AbOptions, type AbRefusal, refusal } from './options.js';

/** Reads a whole file. @throws UnreadableFile */
export type ReadFile = (file: string) => Uint8Array;

export type AbPlanned =
  | {
      readonly kind: 'planned';
      readonly plan: Plan;
      /** Sentences for stderr before the run: what a user of ab might not expect. */
      readonly notes: readonly string[];
    }
  | AbRefusal;

/**
 * ab's command line as a plan: HTTP/1.0, one kind of request, its headers in ab's order. Through a proxy the
 * connection goes to the proxy and the request target is the whole URL, with https as well, as ab does it.
 * Reads the files of `-p`, `-u` and `-E`. `version` is lbbench's own, for the User-Agent.
 */
export function abPlan(options: AbOptions, readFile: ReadFile, version: string): AbPlanned {
  const body = bodyOf(options.bodyFile, readFile);
  if (body?.kind === 'refused') return body;
  const tls = tlsOf(options, readFile);
  if (tls !== undefined && 'kind' in tls) return tls;
  const { url, method } = options;
  const target: Target = {
    url: `${url.scheme}://${url.socketPath === undefined ? url.authority : `unix:${url.socketPath}`}`,
    tls,
    host: options.proxy?.host ?? url.host,
    port: options.proxy?.port ?? url.port,
    socketPath: options.proxy === undefined ? url.socketPath : undefined,
    authority: url.authority,
    pathPrefix: options.proxy === undefined ? '' : `${url.scheme}://${url.authority}`,
  };
  const plan: Plan = {
    name: 'ab',
    seed: 1,
    target,
    lab: undefined,
    algorithms: [],
    repeat: 1,
    engine: 'native',
    threads: options.threads,
    load: {
      model: 'closed',
      requests: options.requests,
      durationMs: options.timeLimitSec === undefined ? undefined : options.timeLimitSec * 1000,
      concurrency: options.concurrency,
      ratePerSec: undefined,
      arrivals: 'constant',
      warmup: undefined,
      keepAlive: options.keepAlive,
      httpVersion: '1.0',
      timeoutMs: options.timeoutSec * 1000,
      sourceAddresses: options.sourceAddresses,
      ...(options.wire !== undefined && { wire: options.wire }),
    },
    requests: [
      {
        name: `${method} ${url.path.replace(/\?.*$/s, '')}`,
        method,
        path: url.path,
        headers: abRequestHeaders(options, `lbbench/${version}`).map(([field, value]) => [
          field,
          escapeTemplate(value),
        ]),
        body,
        weight: 1,
      },
    ],
    attribution: attributionOf(options),
    expected: options.expected,
    thresholds: options.rules.map((rule) => ({ rule, abortOnFail: false })),
  };
  return { kind: 'planned', plan, notes: notesOf(options, tls) };
}

/**
 * The header lines of every request in ab's order: Connection, Cookie, Authorization, Content-type, then the
 * user's own, then Host, User-Agent and Accept. A header of the user's replaces ours of the same name, where ab
 * replaces the last three only and sends the others twice. Content-Length is left to the engine.
 */
function abRequestHeaders(options: AbOptions, userAgent: string): (readonly [name: string, value: string])[] {
  const given = new Set(options.headers.map(([name]) => name.toLowerCase()));
  const ours = (headers: readonly (readonly [name: string, value: string | undefined])[]) =>
    headers.flatMap(([name, value]) =>
      value === undefined || given.has(name.toLowerCase()) ? [] : [[name, value] as const],
    );
  return [
    ...ours([
      ['Connection', options.keepAlive ? 'Keep-Alive' : undefined],
      ['Cookie', options.cookies.length === 0 ? undefined : options.cookies.join('; ')],
      ['Authorization', basic(options.credentials)],
      ['Proxy-Authorization', basic(options.proxyCredentials)],
      ['Content-type', options.bodyFile === undefined ? undefined : options.contentType],
    ]),
    ...options.headers,
    ...ours([
      ['Host', options.url.authority],
      ['User-Agent', userAgent],
      ['Accept', '*/*'],
    ]),
  ];
}

function basic(credentials: string | undefined): string | undefined {
  return credentials === undefined
    ? undefined
    : `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
}

function attributionOf({ attributionHeader, logFile, logFormat }: AbOptions): Attribution {
  return logFile === undefined
    ? { by: 'header', name: attributionHeader }
    : { by: 'log', file: logFile, format: logFormat, header: attributionHeader };
}

function bodyOf(file: string | undefined, readFile: ReadFile): Body | AbRefusal | undefined {
  if (file === undefined) return undefined;
  try {
    return { kind: 'bytes', bytes: readFile(file) };
  } catch (error) {
    const { code, words } = reasonOf(error);
    // ab can open a folder but not read it.
    const text =
      code === 'EISDIR'
        ? `Could not read POST data file: ${words}`
        : `Could not open POST data file (${file}): ${words}`;
    return refusal(text);
  }
}

function tlsOf(options: AbOptions, readFile: ReadFile): TlsPlan | AbRefusal | undefined {
  if (options.url.scheme === 'http') return undefined;
  const { verify, ciphers, version, certificateFile } = options.tls;
  let pem: string | undefined;
  try {
    pem = certificateFile === undefined ? undefined : Buffer.from(readFile(certificateFile)).toString('utf8');
  } catch (error) {
    return refusal(
      `-E: could not read the certificate ${shown(certificateFile ?? '')}: ${reasonOf(error).words}`,
    );
  }
  const material = { ca: undefined, cert: pem, key: pem };
  const [fault] = tlsMaterialFaults(material);
  if (fault !== undefined) return refusal(`-E: ${shown(certificateFile ?? '')}: ${fault.message}`);
  return {
    verify,
    serverName: serverNameOf(options),
    ...material,
    ciphers,
    minVersion: version,
    maxVersion: version,
  };
}

/** The host of `-H Host:`, else of the URL; none for an address. ab leaves the port on the former. */
function serverNameOf(options: AbOptions): string | undefined {
  if (!options.tls.serverName) return undefined;
  const header = options.headers.find(([name]) => name.toLowerCase() === 'host')?.[1];
  const host = header?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') || options.url.host;
  return familyOf(host) === undefined ? host : undefined;
}

function notesOf(options: AbOptions, tls: TlsPlan | undefined): string[] {
  const unchecked = "the server's certificate is not checked, as with ab; --verify-tls checks it";
  return tls?.verify === false ? [...options.notes, unchecked] : [...options.notes];
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  EMFILE: 'Too many open files',
  EINVAL: 'Not a regular file',
  EFBIG: 'File too large',
};

/** Why a file could not be read, in the system's words. Anything but a file system error is a bug and goes on. */
function reasonOf(error: unknown): { readonly code: string; readonly words: string } {
  if (!(error instanceof UnreadableFile)) throw error;
  return { code: error.code, words: words[error.code] ?? error.code };
}
