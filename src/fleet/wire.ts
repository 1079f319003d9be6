import * as z from 'zod';
import type { LoadJob, LoadProgress } from '../engine/load-job.js';
import type { ThreadSummary } from '../engine/native/thread-messages.js';
import { type FieldForm, fieldForms } from '../model/plan.js';
import { maybe } from '../model/shape.js';
import { histogramCount } from '../stats/encoded-histogram.js';
import { maxChecks } from '../tally/backend-cell.js';
import { maxCodes } from '../tally/status-accounts.js';
import { maxBackends, type TallyData } from '../tally/tally.js';
import { streamRows } from '../tally/timeline.js';
import { statusNamePattern } from '../text/status-name.js';

/**
 * What travels between coordinator and agents, and how it must look: whoever can write to Redis may have written it, so all
 * of it is read as a stranger's. Nothing in it is code or the name of a file.
 */

const count = z.number().nonnegative().lte(Number.MAX_SAFE_INTEGER);
const whole = z.int().nonnegative();
const name = z.string().max(1024);
const longText = z.string().max(65_536);
const bytes = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
/** Nothing that would end a line of a request. */
const line = longText.regex(/^[^\r\n\0]*$/, 'a line break');

/** A code or a class. */
const statusName = z.string().regex(statusNamePattern);

const tls = z.strictObject({
  verify: z.boolean(),
  serverName: maybe(line),
  ca: maybe(longText),
  cert: maybe(longText),
  key: maybe(longText),
  ciphers: maybe(line),
  minVersion: maybe(z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])),
  maxVersion: maybe(z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])),
});

const target = z.strictObject({
  url: line,
  tls: maybe(tls),
  host: line,
  port: z.int().min(0).max(65_535),
  socketPath: maybe(line),
  authority: line,
  pathPrefix: line,
});

const float64 = (most: number) =>
  z
    .array(count)
    .max(most)
    .transform((numbers) => Float64Array.from(numbers));

/** A day at a hundred a second. */
const mostReplayed = 10_000_000;

const replay = z.strictObject({
  source: name,
  dueUs: maybe(
    float64(mostReplayed)
      // A machine that waited for a start that is never due would never come to its end.
      .refine((dues) => dues.every((due, index) => due >= (dues[index - 1] ?? 0)), 'no schedule'),
  ),
  kinds: maybe(bytes),
});

const stage = z.strictObject({
  name,
  durationMs: z.number().positive(),
  from: count,
  to: count,
});

const load = z.strictObject({
  model: z.enum(['closed', 'open']),
  requests: maybe(z.int().positive()),
  durationMs: maybe(z.number().positive()),
  concurrency: z.int().positive().max(1_000_000),
  ratePerSec: maybe(z.number().positive()),
  arrivals: z.enum(['constant', 'poisson', 'gamma']),
  burstiness: maybe(z.number().positive()),
  replay: maybe(replay),
  stages: maybe(z.array(stage).min(1).max(1000)),
  warmup: maybe(
    z.union([z.strictObject({ requests: whole }), z.strictObject({ durationMs: z.number().positive() })]),
  ),
  keepAlive: z.boolean(),
  httpVersion: z.enum(['1.0', '1.1']),
  timeoutMs: z.number().positive(),
  streamTimeoutMs: maybe(z.number().positive()),
  idleTimeoutMs: maybe(z.number().positive()),
  sourceAddresses: z.array(line).max(65_536),
  retryStale: maybe(z.boolean()),
  wire: maybe(z.enum(['auto', 'uring', 'epoll', 'node'])),
});

const tokens = z.number().positive().max(1_000_000);

const lengths = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), tokens }),
  z.strictObject({ kind: z.literal('uniform'), min: tokens, max: tokens }),
  z.strictObject({ kind: z.literal('normal'), mean: tokens, stddev: tokens }),
  z.strictObject({ kind: z.literal('lognormal'), median: tokens, sigma: z.number().min(0).max(100) }),
]);

/** Prompts of files and traces are not handed over. */
const question = z.strictObject({
  kind: z.literal('llm'),
  api: z.enum(['chat', 'completions']),
  members: z.string(),
  prompt: z.strictObject({
    kind: z.literal('drawn'),
    tokens: lengths,
    prefix: maybe(
      z.strictObject({ count: z.int().positive().max(100_000), tokens, zipf: z.number().min(0).max(10) }),
    ),
  }),
  output: maybe(lengths),
  outputMember: maybe(name),
  isExact: z.boolean(),
});

const textTest = z.union([
  z.strictObject({ is: z.enum(['equal', 'containing']), text: longText }),
  z.strictObject({ is: z.literal('matching'), pattern: longText, flags: z.string().max(10) }),
]);
const scalar = z.union([longText, z.number(), z.boolean(), z.null()]);

const check = z.strictObject({
  name,
  test: z.discriminatedUnion('of', [
    z.strictObject({ of: z.literal('status'), statuses: z.array(statusName).min(1).max(1000) }),
    z.strictObject({ of: z.literal('header'), header: line, value: textTest }),
    z.strictObject({ of: z.literal('body'), value: textTest }),
    z.strictObject({
      of: z.literal('json'),
      pointer: longText,
      value: z.union([textTest, z.strictObject({ is: z.literal('json'), value: scalar })]),
    }),
  ]),
});

const request = z.strictObject({
  name,
  method: line,
  path: line,
  headers: z.array(z.tuple([line, line])).max(1000),
  body: maybe(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('template'), text: z.string() }),
      z.strictObject({ kind: z.literal('bytes'), bytes }),
      question,
    ]),
  ),
  weight: z.number().positive(),
  errors: maybe(z.array(z.strictObject({ status: statusName, isError: z.boolean() })).max(2000)),
  checks: maybe(z.array(check).max(1000)),
  exactly: maybe(z.int().positive()),
  dataIndex: maybe(whole),
});

/** Values that stand in the head of a request may not end a line of it. */
const inHead: ReadonlySet<FieldForm> = new Set(['header', 'path', 'target']);

const data = z
  .strictObject({
    file: name,
    order: z.enum(['next', 'drawn']),
    records: z.int().positive(),
    columns: z
      .array(z.strictObject({ field: name, form: z.enum(fieldForms) }))
      .min(1)
      .max(1000),
    bytes,
    ends: bytes.transform((raw) => new Uint32Array(raw.slice().buffer, 0, Math.floor(raw.length / 4))),
  })
  .refine(({ records, columns, ends, bytes: values }) => {
    if (ends.length !== records * columns.length) return false;
    let start = 0;
    return ends.every((end, index) => {
      const value = values.subarray(start, end);
      const isPlaced = end >= start && end <= values.length;
      start = end;
      const form = columns[index % columns.length]?.form ?? 'text';
      return (
        isPlaced && !(inHead.has(form) && value.some((byte) => byte === 10 || byte === 13 || byte === 0))
      );
    });
  }, 'damaged data');

const attribution = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('header'), name: line }),
  z.strictObject({ by: z.literal('body-pointer'), pointer: longText }),
  z.strictObject({ by: z.literal('body-pattern'), pattern: longText, flags: z.string().max(10) }),
]);

const job = z
  .strictObject({
    target,
    load,
    requests: z.array(request).min(1).max(1000),
    data: maybe(z.array(data).max(1000)),
    sessions: maybe(
      z.strictObject({ turns: z.int().positive().max(1000), open: z.int().positive().max(1_000_000) }),
    ),
    attribution,
    seed: z.number(),
    threads: z.int().positive().max(1024),
    userAgent: line,
    runId: maybe(line),
    poolNames: z.array(name).max(1024),
    knownBackends: z.array(name).max(maxBackends),
    slo: maybe(
      z.strictObject({
        ttftMs: maybe(z.number().positive()),
        tpotMs: maybe(z.number().positive()),
        e2eMs: maybe(z.number().positive()),
      }),
    ),
    abColumns: z.boolean(),
    resendsUnseen: z.boolean(),
    samples: z.literal(false),
  })
  .refine(
    ({ load: { replay }, requests }) =>
      replay?.kinds === undefined ||
      (replay.kinds.length > 0 && replay.kinds.every((kind) => kind < requests.length)),
    'kinds of requests that there are not',
  );

const jobMessage = z.strictObject({
  version: z.string().max(100),
  seats: z.int().positive().max(10_000),
  /** Requests of a block; `undefined` when requests are not counted out. */
  blockSize: maybe(z.int().positive()),
  /** What the coordinator's own requests come to; see `fingerprintOf`. */
  fingerprint: z.string().max(100),
  job,
});

const histogram = z
  .strictObject({
    count,
    sumUs: count,
    sumOfSquaresUs: z.tuple([count, count]),
    // Infinity, of a histogram without values, is null in JSON.
    minUs: count.nullable().transform((us) => us ?? Number.POSITIVE_INFINITY),
    maxUs: count,
    encoded: z.string().max(1_400_000),
  })
  // What the library of histograms would trust.
  .refine(
    ({ count, encoded }) => (encoded === '' ? count === 0 : histogramCount(encoded) === count),
    'a damaged histogram',
  );

const account = {
  counters: z.record(name, count),
  clocks: z.record(name, histogram),
};

const cappedCounts = <K extends z.ZodType>(key: K, most: number) =>
  z.strictObject({ entries: z.array(z.tuple([key, count])).max(most), overflow: count });

/** Each code that has one and each class, for errors and for the others. */
const mostStatusAccounts = maxCodes + 20;

const tally = z
  .strictObject({
    shape: z.strictObject({
      requestNames: z.array(name).max(1000),
      open: z.boolean(),
      abColumns: z.boolean(),
      stages: z.int().positive().max(1000).optional(),
    }),
    run: z.strictObject(account),
    cells: z
      .array(
        z.strictObject({
          ...account,
          address: name,
          outcomes: float64(32),
          status: z.record(z.string().regex(/^\d{3}$/), count),
          failedChecks: cappedCounts(count, maxChecks),
        }),
      )
      .min(1)
      .max(maxBackends + 1),
    requests: z.array(z.strictObject(account)).max(1000),
    statuses: z
      .array(z.strictObject({ ...account, status: statusName, isError: z.boolean() }))
      .max(mostStatusAccounts),
    stages: z.array(z.strictObject({ ...account, served: z.array(count).max(maxBackends + 1) })).max(1000),
    timeline: z.strictObject({
      sliceUs: z
        .number()
        .refine((us) => Number.isInteger(Math.log2(us / 10_000)) && us >= 10_000 && us < 2 ** 50),
      first: z.int().nonnegative(),
      tracks: z
        .array(
          z
            .strictObject({
              counts: float64(256),
              busyUs: float64(256),
              ...Object.fromEntries(streamRows.map((row) => [row, maybe(float64(256))])),
            })
            .refine(
              (track) =>
                Object.values(track).every((row) => row === undefined || row.length === track.counts.length),
              'slices of another number',
            ),
        )
        .max(maxBackends + 1),
      sights: z.array(z.strictObject({ firstUs: z.int(), lastUs: z.int() })).max(maxBackends + 1),
    }),
    errors: cappedCounts(name, 32),
    bodyLengths: cappedCounts(count, 1024),
  })
  .refine(
    ({ cells, timeline: { tracks, sights } }) =>
      cells.length === tracks.length && cells.length === sights.length,
    'a timeline of other backends',
  )
  .refine(
    ({ cells }) => new Set(cells.map(({ address }) => address)).size === cells.length,
    'a backend twice',
  );

const summary = z.strictObject({
  firstStartUs: maybe(z.number()),
  lastByteUs: z.number(),
  gaveUp: z.boolean(),
  warmup: maybe(z.strictObject({ started: count, responses: count })),
  first: maybe(
    z.strictObject({
      server: maybe(longText),
      bodyBytes: count,
      tls: maybe(
        z.strictObject({
          protocol: name,
          cipher: name,
          cipherBits: maybe(count),
          keyBits: maybe(count),
          temporaryKey: maybe(name),
        }),
      ),
    }),
  ),
  interrupted: z.boolean(),
  wire: maybe(
    z.strictObject({
      name: z.enum(['uring', 'epoll', 'node']),
      clock: z.enum(['kernel', 'process']),
      why: maybe(z.string().max(500)),
    }),
  ),
  health: z.strictObject({ busyRatio: z.number().min(0).max(1.01), starts: count, lateStarts: count }),
  lostUs: count,
  standstills: z.strictObject({ count, longestUs: count, requests: count }),
});

const checkpoint = z.strictObject({
  /** Since the origin of the run. */
  elapsedUs: z.number(),
  /** Numbers claimed so far; of a seat without blocks those that were due. */
  claimed: maybe(count),
  tally,
  /** Only in the last: what each thread says beside its tally; times count from the origin. */
  parts: maybe(z.array(summary).min(1).max(1024)),
  /** How much later than agreed the seat began. */
  lateUs: z.number(),
  clockBoundUs: count,
  clockDriftUs: maybe(z.number()),
  addresses: z.array(name).max(64),
  node: name,
  threads: count,
  fenced: z.boolean(),
});

const progress = z.strictObject({
  seat: whole,
  progress: z.strictObject({
    elapsedMs: z.number(),
    ended: count,
    failed: count,
    errors: count,
    causes: maybe(z.array(z.strictObject({ text: name, count })).max(8)),
    p99Ms: maybe(count),
    backends: z.array(z.strictObject({ address: name, count })).max(maxBackends + 1),
  }),
});

const presence = z.strictObject({
  id: name,
  name,
  version: name,
  node: name,
  cores: count,
  addresses: z.array(name).max(64),
  clockBoundUs: maybe(count),
  state: z.enum(['waiting', 'busy', 'refused']),
  refusal: maybe(longText),
});

export type JobMessage = Omit<z.output<typeof jobMessage>, 'job'> & { readonly job: LoadJob };
export type Checkpoint = Omit<z.output<typeof checkpoint>, 'tally' | 'parts'> & {
  readonly tally: TallyData;
  readonly parts: readonly ThreadSummary[] | undefined;
};
export type SeatProgress = { readonly seat: number; readonly progress: LoadProgress };
export type Presence = z.output<typeof presence>;

/** @throws Error when it is none */
export const readJob = (value: unknown): JobMessage => jobMessage.parse(value);
/** @throws Error when it is none */
export const readCheckpoint = (value: unknown): Checkpoint => checkpoint.parse(value) as Checkpoint;
/** @throws Error when it is none */
export const readProgress = (value: unknown): SeatProgress => progress.parse(value);
/** @throws Error when it is none */
export const readPresence = (value: unknown): Presence => presence.parse(value);
