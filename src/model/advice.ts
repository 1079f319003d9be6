/** Which of several algorithms to take, and the evidence for it. */
export interface Advice {
  /** The better one. */
  readonly algorithm: string;
  /** The one it is held against. */
  readonly over: string;
  /** Algorithms that do as well as the better one, as far as the figures can tell. */
  readonly asGood: readonly string[];
  /** What shows it; medians of the rounds. A ratio for `errors`, milliseconds for `p99`. */
  readonly evidence: { readonly metric: 'errors' | 'p99'; readonly value: number; readonly other: number };
  /** Error ratio of both, where they are alike; `undefined` when the errors are the evidence. */
  readonly errorRatio: number | undefined;
  /** Skew that the better one has beyond chance and beyond the other's; `undefined` when it costs none. */
  readonly skewPrice: number | undefined;
}
