/** What a figure is measured in. Milliseconds are durations; an index is from 0 to 1, best at 1. */
export const unitNames = ['ms', 'ratio', 'index', 'per-second'] as const;

export type Unit = (typeof unitNames)[number];

/** Of many values, such as the service times of a run, one figure. `percentile` is above 0 and at most 100, the maximum. */
export type Statistic = 'min' | 'mean' | 'max' | { readonly percentile: number };

/** A figure of the catalogue in `figures/`. */
export type Metric =
  /** A single one: `skew`. */
  | { readonly figure: string }
  /** One of those of a family: `service.p99`. */
  | { readonly family: string; readonly statistic: Statistic };

/** What a rule is narrowed to; `undefined` means not narrowed. */
export interface Selectors {
  readonly backend: string | undefined;
  readonly request: string | undefined;
  readonly run: string | undefined;
  /** Responses of a status only: a code such as `404`, a class such as `4xx`, or `ok` for what does not count as an error. */
  readonly status?: string | undefined;
  /** What the figure `status` counts: a code or a class. */
  readonly code?: string | undefined;
}

export type Operator = '<' | '<=' | '>' | '>=';

/** What a figure is compared with. */
export type Limit =
  /** In the figure's own unit: milliseconds, ratio, per second. */
  | { readonly kind: 'value'; readonly value: number }
  /** The same figure in the baseline report, times the factor. */
  | { readonly kind: 'baseline'; readonly factor: number };

/** One threshold: what must hold of every run it is judged on. Data only, parsed once where it enters. */
export interface Rule {
  /** As written, without surrounding space. */
  readonly text: string;
  readonly metric: Metric;
  readonly selectors: Selectors;
  readonly operator: Operator;
  readonly limit: Limit;
  /** True for a rule that nobody wrote, which holds where nobody wrote otherwise. */
  readonly isImplied?: true;
}
