import type { ThresholdResult, Verdict } from './report.js';

/** Reports side by side; the first one is the baseline that the others are compared with. */
export interface Comparison {
  readonly schema: 'lbbench.comparison/1';
  readonly reports: readonly ComparedReport[];
  /** By run, then by metric. */
  readonly changes: readonly Change[];
  /** What keeps the reports from being comparable, as sentences without full stop. */
  readonly notes: readonly string[];
  readonly thresholds: readonly ThresholdResult[];
  /** `undefined` without thresholds. */
  readonly verdict: Verdict | undefined;
}

export interface ComparedReport {
  /** As given on the command line. */
  readonly file: string;
  /** Of its scenario. */
  readonly name: string | undefined;
  readonly startedAt: string;
}

/** One figure of one run in all reports. */
export interface Change {
  /** Algorithm, or name of the run where that is not known. */
  readonly run: string;
  readonly metric: ComparedMetric;
  /** In the order of the reports; `undefined` where a report has no such run or did not measure it. */
  readonly estimates: readonly (Estimate | undefined)[];
  /** Of each report but the first against the first. */
  readonly findings: readonly Finding[];
}

/** What reports are compared by, in this order: figures by their names in thresholds. */
export const comparedMetrics = ['rps', 'p50', 'p99', 'errors', 'skew', 'inflight-skew'] as const;

/** `rps` is per second, the percentiles are of response time in milliseconds, all others are ratios. */
export type ComparedMetric = (typeof comparedMetrics)[number];

export interface Estimate {
  /** The median of the rounds, or the value of the only run. */
  readonly value: number;
  readonly rounds: number;
  /**
   * Within a single run: where the true figure lies with 99 % confidence, taking its requests to be independent. An end is
   * `undefined` where too few requests bound it, both where a single run tells nothing.
   */
  readonly low: number | undefined;
  readonly high: number | undefined;
}

export interface Finding {
  /** value / baseline's value - 1; `undefined` without either or when the baseline is 0. */
  readonly change: number | undefined;
  /**
   * `better` and `worse` only when chance would show such a difference less than 1 time in 100; otherwise `no-evidence`, and
   * `no-data` when one side is missing.
   */
  readonly verdict: 'better' | 'worse' | 'no-evidence' | 'no-data';
  /** What the verdict rests on: the rounds of both sides, the requests of one run each, or nothing. */
  readonly basis: 'rounds' | 'requests' | undefined;
}
