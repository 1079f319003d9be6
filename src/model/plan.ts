import type { Algorithm } from './algorithm.js';
import type { LlmBody } from './llm.js';
import type { Rule } from './rule.js';
import type { ServerLine, Upstream } from './upstream.js';

/**
 * What a scenario resolves to: every default filled in, every file read, every value checked.
 * Rooms behind `scenario/` trust it and add no defaults of their own. It holds only data that survives a
 * structured clone, because worker threads receive parts of it as they are.
 */
export interface Plan {
  readonly name: string;
  /** Seeds everything random: the request mix, the ranges, Poisson arrivals, demo backends. */
  readonly seed: number;
  /** The balancer that already runs. Exactly one of `target` and `lab` is set. */
  readonly target: Target | undefined;
  readonly lab: LabPlan | undefined;
  /** One run for each. Empty only with a target: whatever that balancer does. */
  readonly algorithms: readonly Algorithm[];
  /** How many interleaved rounds of all algorithms. */
  readonly repeat: number;
  readonly engine: EngineName;
  readonly threads: number;
  readonly load: LoadPlan;
  /** At least one. */
  readonly requests: readonly RequestPlan[];
  /** What requests take their fields from, by `dataIndex`. */
  readonly data?: readonly RequestData[] | undefined;
  /** What `{session}` and `{turn}` stand for; without it every request is by itself. */
  readonly sessions?: SessionPlan | undefined;
  readonly attribution: Attribution;
  /** Weights by address, from the lab's servers, `expect` or an nginx configuration. `undefined` when not known. */
  readonly expected: readonly ExpectedBackend[] | undefined;
  /** The nginx block that `expected` was taken from, with `expect: { nginxConf, upstream }`. */
  readonly pool?: Upstream | undefined;
  /** What a request must keep to count as good. */
  readonly slo?: Slo | undefined;
  readonly thresholds: readonly Threshold[];
  /** Full path of the report that `baseline` in a rule refers to. */
  readonly baseline?: string | undefined;
  /** Values that came from the environment: whatever shows the plan, or what became of it, hides them. */
  readonly secrets?: readonly { readonly name: string; readonly value: string }[] | undefined;
}

/** What a user is promised of an answer; at least one of them. Of an answer that is no stream its last byte is its first token. */
export interface Slo {
  readonly ttftMs: number | undefined;
  readonly tpotMs: number | undefined;
  readonly e2eMs: number | undefined;
}

export type EngineName = 'native' | 'autocannon' | 'scripted';

/** Where load is sent to. */
export interface Target {
  /** As shown to people: no credentials in it. */
  readonly url: string;
  readonly tls: TlsPlan | undefined;
  /** Host name or address to connect to; without brackets for IPv6. Unused with `socketPath`. */
  readonly host: string;
  readonly port: number;
  /** Unix socket to connect to instead of host and port. */
  readonly socketPath: string | undefined;
  /** Value of the Host header. */
  readonly authority: string;
  /** Put in front of every path: `http://host:port` when a proxy wants the absolute form, else empty. */
  readonly pathPrefix: string;
}

export interface TlsPlan {
  /** False only when the scenario says `insecure: true`. */
  readonly verify: boolean;
  /** SNI; `undefined` for none (the host is an address, or switched off). */
  readonly serverName: string | undefined;
  /** PEM texts. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly ciphers: string | undefined;
  readonly minVersion: TlsVersion | undefined;
  readonly maxVersion: TlsVersion | undefined;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

export interface LoadPlan {
  /** Closed: `concurrency` requests kept in flight. Open: starts on a schedule at `ratePerSec`. */
  readonly model: 'closed' | 'open';
  /** At least one of `requests` and `durationMs` is set; with both the run ends at whichever comes first. */
  readonly requests: number | undefined;
  readonly durationMs: number | undefined;
  /** Closed model: requests in flight. Open model: the cap on them. */
  readonly concurrency: number;
  /** Open model only. */
  readonly ratePerSec: number | undefined;
  readonly arrivals: 'constant' | 'poisson' | 'gamma';
  /** Shape of gamma gaps: 1 makes a Poisson process, below it arrivals come in bursts. */
  readonly burstiness?: number | undefined;
  /**
   * One after the other, in place of one rate or concurrency for all of the run: `ratePerSec` is then their mean, `concurrency`
   * the most of any, and `durationMs` theirs together.
   */
  readonly stages?: readonly LoadStage[] | undefined;
  /** Requests as they were once made; then `requests` is at most their number. */
  readonly replay?: Replay | undefined;
  readonly warmup: Warmup | undefined;
  /** False opens a connection a request. */
  readonly keepAlive: boolean;
  readonly httpVersion: '1.0' | '1.1';
  /** Actual start to last byte. */
  readonly timeoutMs: number;
  /** The same of an event stream; as `timeoutMs` without. */
  readonly streamTimeoutMs?: number | undefined;
  /** How long an event stream may be silent once its head has come; for ever without. */
  readonly idleTimeoutMs?: number | undefined;
  /** Local addresses to bind, used in turn by the requests; empty lets the system choose. */
  readonly sourceAddresses: readonly string[];
  /**
   * Sends a request once more, on a new connection, that met a kept one which the peer had closed meanwhile; `undefined` for
   * true. Otherwise the race shows as a `closed` or `reset` outcome.
   */
  readonly retryStale?: boolean | undefined;
  /** What the native engine sends over; `undefined` for the best there is. */
  readonly wire?: WireChoice | undefined;
}

/** A stretch of a load that is held, or goes evenly from one level to another. */
export interface LoadStage {
  readonly name: string;
  readonly durationMs: number;
  /** At its beginning: requests in flight in the closed model, starts a second in the open one. */
  readonly from: number;
  /** At its end. */
  readonly to: number;
}

/** What a log or a trace says of each request of a load, in the order of their arrivals, in memory that threads share. */
export interface Replay {
  /** Where it is from, as the user named it. */
  readonly source: string;
  /**
   * When each is due, in microseconds since the start of the run, from 0 on; `undefined` where rate and arrivals say so. In the open
   * model only, and then `ratePerSec` is what they come to on average.
   */
  readonly dueUs: Float64Array | undefined;
  /** The kind of each, by its place among the plan's requests; `undefined` where kinds are drawn. */
  readonly kinds: Uint8Array | undefined;
}

/** What the native engine can send over: an io_uring ring, epoll, or `node:net` and `node:tls`. */
export type WireName = 'uring' | 'epoll' | 'node';
export type WireChoice = 'auto' | WireName;

export type Warmup = { readonly requests: number } | { readonly durationMs: number };

/** One kind of request in the mix. */
export interface RequestPlan {
  readonly name: string;
  readonly method: string;
  /** Request target, a template: `{1..500}` is replaced by a number drawn for each request. */
  readonly path: string;
  /**
   * Extra headers in order, names as sent, values templates: what the user gave plus Authorization, Cookie and Content-Type.
   * The engine adds Host, User-Agent, Accept, Connection and Content-Length where absent.
   */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Body | undefined;
  /** Where fields in path, headers and body come from: the place in the plan's `data`. Who names the same one takes its records in turn. */
  readonly dataIndex?: number | undefined;
  /** The first that fits says whether a response counts as an error; where none does, those of 400 and above do. */
  readonly errors?: readonly StatusRule[] | undefined;
  /** What must hold of each complete response that is no error by its status; the first that fails makes it one. */
  readonly checks?: readonly Check[] | undefined;
  /** Relative, above 0. */
  readonly weight: number;
  /** So many of this kind, no more and no less; of all kinds or of none. Together they are the load's requests. */
  readonly exactly?: number | undefined;
}

/** Whether responses of a status, a code such as `429` or a class such as `4xx`, count as errors. */
export interface StatusRule {
  readonly status: string;
  readonly isError: boolean;
}

/** What a response must be like. */
export interface Check {
  /** As people read it: `body /error is null`. */
  readonly name: string;
  readonly test: CheckTest;
}

export type CheckTest =
  /** One of these codes or classes. */
  | { readonly of: 'status'; readonly statuses: readonly string[] }
  /** One of the header's values; the name is lower-case. */
  | { readonly of: 'header'; readonly header: string; readonly value: TextTest }
  /** The first MiB of the body as text. */
  | { readonly of: 'body'; readonly value: TextTest }
  /** What an RFC 6901 pointer leads to in the JSON body; null is also what is not there. */
  | { readonly of: 'json'; readonly pointer: string; readonly value: TextTest | JsonTest };

export type TextTest =
  | { readonly is: 'equal' | 'containing'; readonly text: string }
  /** In linear time; flags out of i m s u. */
  | { readonly is: 'matching'; readonly pattern: string; readonly flags: string };

export interface JsonTest {
  readonly is: 'json';
  readonly value: string | number | boolean | null;
}

/** The records of a data file, of which each request takes one: what the requests' templates ask for, as it is sent. */
export interface RequestData {
  /** As the scenario names it. */
  readonly file: string;
  /** `next`: one after another, over and over; `drawn`: any, for each request anew. */
  readonly order: 'next' | 'drawn';
  /** At least 1. */
  readonly records: number;
  readonly columns: readonly { readonly field: string; readonly form: FieldForm }[];
  /** The values record by record, column by column, in UTF-8; in memory that threads share. */
  readonly bytes: Uint8Array;
  /** Where each value ends in `bytes`. */
  readonly ends: Uint32Array;
}

/** How a field of a data file goes into a text: as it is; as part of a URL, as a whole request target; inside a JSON text, as JSON. */
export const fieldForms = ['text', 'header', 'path', 'target', 'json', 'json-value'] as const;

export type FieldForm = (typeof fieldForms)[number];

export type Body =
  /** Text in UTF-8, a template. */
  | { readonly kind: 'template'; readonly text: string }
  /** Bytes of a file, sent untouched. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** JSON that is made anew for each request. */
  | LlmBody;

/** Requests that belong together: turns of a conversation. */
export interface SessionPlan {
  readonly turns: number;
  /** Sessions under way at a time. */
  readonly open: number;
}

/** How a response tells which backend served it. */
export type Attribution =
  /** A response header in the form of nginx's `$upstream_addr`; the name is lower-case. */
  | { readonly by: 'header'; readonly name: string }
  /** RFC 6901 pointer into a JSON body. */
  | { readonly by: 'body-pointer'; readonly pointer: string }
  /** Regular expression over the body as text; the first group, else the whole match, names the backend. */
  | { readonly by: 'body-pattern'; readonly pattern: string; readonly flags: string }
  /** nginx's access log, read after the run; `format` is a log_format's text, `undefined` to recognise it. */
  | {
      readonly by: 'log';
      readonly file: string;
      readonly format: string | undefined;
      readonly header: string;
    };

export interface ExpectedBackend {
  readonly address: string;
  /** Relative. 0 for a backend that should get nothing (down, or a backup while a primary lives). */
  readonly weight: number;
}

export interface Threshold {
  readonly rule: Rule;
  /** Whether a run that has no hope left of keeping it is ended early. */
  readonly abortOnFail: boolean;
}

/** What lbbench starts by itself for a run. */
export interface LabPlan {
  readonly balancer: 'auto' | 'nginx' | 'embedded';
  /** Path of the nginx binary; `undefined` looks on PATH. */
  readonly nginxPath: string | undefined;
  /** nginx worker_processes. */
  readonly workers: number;
  /** Shared upstream state among workers. */
  readonly zone: boolean;
  /** Port of the balancer on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly servers: readonly LabServer[];
  readonly events: readonly LabEvent[];
  /** How the balancer passes requests and answers on. */
  readonly proxy?: ProxyPlan | undefined;
}

/** What a balancer does to what it passes on; `undefined` leaves it to nginx's own default, whatever version it is. */
export interface ProxyPlan {
  /** Whether it collects what a backend sends (nginx's proxy_buffering). */
  readonly buffering: boolean | undefined;
  /** The HTTP version it asks backends by. */
  readonly httpVersion: '1.0' | '1.1' | undefined;
  /** Longest wait for a backend's next byte. */
  readonly readTimeoutMs: number | undefined;
  /** Compresses event streams too, for clients that accept it. */
  readonly gzip: boolean;
  /** Speaks TLS to its clients, with a certificate made for the run. */
  readonly tls: boolean;
  /** What of this the embedded balancer does not do. */
  readonly needsNginx: 'buffering' | 'httpVersion' | 'gzip' | undefined;
}

export interface LabServer {
  readonly line: ServerLine;
  /** How the demo backend that is started for it answers; `undefined` for the user's own, which runs already. */
  readonly behaviour: BackendBehaviour | undefined;
}

/** How a demo backend answers. */
export interface BackendBehaviour {
  readonly latencyMs: number;
  /** Each answer takes `latencyMs` plus or minus a seeded uniform draw of up to this, never below 0. */
  readonly jitterMs: number;
  /** Requests worked on at once; others queue. `undefined` for no limit. */
  readonly slots: number | undefined;
  /** Answers OpenAI's API as an inference server does; without it, it has none. */
  readonly llm?: InferenceBehaviour | undefined;
}

/** Models on GPUs whose times are known; `src/lab/inference/presets.ts` has the times and their source. */
export const inferencePresets = ['8b-h100', '70b-tp8-h100', '3b-l40s'] as const;

export type InferencePreset = (typeof inferencePresets)[number];

/** How a demo backend behaves as an inference server. */
export interface InferenceBehaviour {
  readonly preset: InferencePreset;
  /** Sequences worked on at once (vLLM's max-num-seqs); others queue. */
  readonly slots: number;
  /** Tokens that the prefix cache holds; 0 for none. */
  readonly cacheTokens: number;
  /** Every time is divided by this. */
  readonly speed: number;
  /** When the response's head goes out: at once, as vLLM's does, or with the first token, as those of SGLang and llama.cpp do. */
  readonly head: 'early' | 'with-first';
  /** When a chat stream says who speaks, in a chunk without output. */
  readonly role: 'early' | 'with-first' | 'none';
  /** How many tokens of a chat answer, from its first, are reasoning. */
  readonly reasoningTokens: number;
  readonly tokensPerEvent: number;
  /** `asked`: a stream tells its usage when it is asked to; `null-choices` does so too, with `choices: null`. */
  readonly usage: 'asked' | 'never' | 'null-choices';
  /** Streams carry `X-Accel-Buffering: no`. */
  readonly isUnbuffered: boolean;
  /** Closes the connection in the middle of a stream. */
  readonly cut: Mishap | undefined;
  /** Says an error in the middle of a stream, and ends it. */
  readonly error: Mishap | undefined;
}

/** What happens to every n-th answer, after so many tokens of it. */
export interface Mishap {
  readonly every: number;
  readonly afterTokens: number;
}

/** A step of the failover drill. */
export interface LabEvent {
  readonly atMs: number;
  readonly backend: string;
  readonly action: 'stop' | 'start' | 'hang' | 'slow' | 'error';
}
