/** Whom a tally counts and measures for: the run as a whole, each backend, each request of the mix, each status, each stage of the load. */
export type Keeper = 'run' | 'backend' | 'request' | 'status' | 'stage';

/** What is recorded of one kind of duration. */
export interface ClockRow {
  /** Whole microseconds, so that sums are exact in whatever order they are added; tokens are counted in the same way. */
  readonly unit: 'us' | 'tokens';
  /** Whom a histogram of it is kept for. */
  readonly per: readonly Keeper[];
  /**
   * What the report says of it: of the run, and of whom it is kept for, each time in milliseconds as `NAMEMs`. Without this it
   * is for other readers.
   */
  readonly report?: string;
  /** True where older reports lack it, and where not everything that fills a tally can see it. */
  readonly mayLack?: true;
  /** True of a stream of a language model: the report keeps those times apart, as `llm`. */
  readonly stream?: true;
}

/**
 * The kinds of duration that a tally keeps histograms of, a row each, in the order of a report's fields. A new one is a row
 * here and a `record` where it is seen; that it is merged, sent between threads, and written to and read from a report follows.
 */
export const clockRows = {
  /** Recorded in the open model only: in the closed one it is the service time. */
  response: { unit: 'us', per: ['run', 'status', 'stage'], report: 'Intended start to last byte.' },
  service: {
    unit: 'us',
    per: ['backend', 'request', 'status', 'stage'],
    report: 'Actual start to last byte.',
  },
  /** Of the requests that opened a connection. */
  connect: { unit: 'us', per: ['run'], report: 'Start to connection ready, TCP and TLS.' },
  ttfb: { unit: 'us', per: ['backend', 'status'], report: 'Start to first byte of the response.' },
  firstByteBody: {
    unit: 'us',
    per: ['backend'],
    report:
      'Start to first byte of the body, of the responses that have one; a stream may begin long after its head.',
    mayLack: true,
  },
  lag: {
    unit: 'us',
    per: ['run'],
    report:
      "What lbbench itself was late with a request, at most: a part of its time that is not the target's; null where it was not measured.",
    mayLack: true,
  },
  ttft: {
    unit: 'us',
    per: ['backend', 'request'],
    report:
      'Start to the read that completed the first event with output: text, reasoning or a call of a tool.',
    stream: true,
  },
  /** Recorded in the open model only. */
  ttftResponse: {
    unit: 'us',
    per: ['run'],
    report: 'Intended start to the same; null in the closed model.',
    stream: true,
    mayLack: true,
  },
  ttftAnswer: {
    unit: 'us',
    per: ['backend', 'request'],
    report: 'Start to the read that completed the first event with output that is no reasoning.',
    stream: true,
  },
  gap: {
    unit: 'us',
    per: ['backend', 'request'],
    report:
      'Between two reads in a row that carried output: what a reader sees, and whatever the path does to it.',
    stream: true,
  },
  stall: { unit: 'us', per: ['backend', 'request'], report: 'The longest gap of a stream.', stream: true },
  tpot: {
    unit: 'us',
    per: ['backend', 'request'],
    report:
      '(last output - first output) / (completion tokens - 1), of streams with usage and two tokens or more: what the engine does.',
    stream: true,
  },
  e2e: {
    unit: 'us',
    per: ['backend', 'request'],
    report: 'Start to the last read that carried output; what follows it is no output.',
    stream: true,
  },
  /** Of requests with usage; and prompt and answer so far, times the milliseconds that they were held. */
  tokensIn: { unit: 'tokens', per: ['backend'] },
  tokensOut: { unit: 'tokens', per: ['backend'] },
  heldTokenMs: { unit: 'tokens', per: ['backend'] },
  /** Of attempts that did not serve the response, from start to end. */
  failedAttempt: { unit: 'us', per: ['backend'] },
  /** ab's columns, which have a value for every response: 0 to connect on a connection that was open already. */
  connectOrReuse: { unit: 'us', per: ['run'] },
  processing: { unit: 'us', per: ['run'] },
  waiting: { unit: 'us', per: ['run'] },
  /** Of connections that went over to another protocol (101), whose length is nobody's latency; where a log tells it. */
  upgraded: { unit: 'us', per: ['run'] },
} as const satisfies Record<string, ClockRow>;

type Rows = typeof clockRows;

/** The clocks kept for somebody whose rows are of a kind; a run has those of its backends too. */
type Reported<K extends Keeper, Kind> = {
  [N in keyof Rows]: Rows[N] extends { readonly report: string } & Kind
    ? 'run' extends K
      ? N
      : K extends Rows[N]['per'][number]
        ? N
        : never
    : never;
}[keyof Rows];

/** The times of streams that a report holds of the run, or of a backend or a request that they are kept for. */
export type StreamClock<K extends Keeper> = Reported<K, { readonly stream: true }>;

/** The other times that it holds of them. */
export type ReportedClock<K extends Keeper> = Exclude<Reported<K, unknown>, StreamClock<K>>;

/** Their names, in the order of the report's fields. */
export function reportedClocks<K extends Keeper>(keeper: K): readonly ReportedClock<K>[] {
  return clocksOf(keeper, false) as ReportedClock<K>[];
}

/** The same of streams. */
export function streamClocks<K extends Keeper>(keeper: K): readonly StreamClock<K>[] {
  return clocksOf(keeper, true) as StreamClock<K>[];
}

function clocksOf(keeper: Keeper, ofStreams: boolean): string[] {
  const rows: [string, ClockRow][] = Object.entries(clockRows);
  return rows
    .filter(
      ([, { per, report, stream = false }]) =>
        report !== undefined && stream === ofStreams && (keeper === 'run' || per.includes(keeper)),
    )
    .map(([name]) => name);
}
