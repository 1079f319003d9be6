/**
 * The figures of one latency distribution, in milliseconds.
 * Percentiles come from an HDR histogram with 3 significant digits; count, min, mean, stddev and max are exact.
 * With no samples every figure but `count` is `undefined`; `stddev` (n - 1) needs two.
 */
export interface LatencySummary {
  readonly count: number;
  readonly min: number | undefined;
  readonly mean: number | undefined;
  readonly stddev: number | undefined;
  readonly max: number | undefined;
  readonly p50: number | undefined;
  readonly p66: number | undefined;
  readonly p75: number | undefined;
  readonly p80: number | undefined;
  readonly p90: number | undefined;
  readonly p95: number | undefined;
  readonly p98: number | undefined;
  readonly p99: number | undefined;
  readonly p999: number | undefined;
  /** HdrHistogram V2, compressed, base64, values in microseconds. */
  readonly histogram: string | undefined;
}
