/** How a run's placements compare with the model of nginx's method. */
export interface Prediction {
  /** Responses whose backend the model names, and that no failure makes incomparable. */
  readonly checked: number;
  readonly asPredicted: number;
  /** (checked - asPredicted) / checked; `undefined` when nothing was checked. */
  readonly mispredicted: number | undefined;
  /** Responses near a failure, in which nginx may place elsewhere, and those that round robin decides on. */
  readonly notComparable: number;
  /** The first response that the model had elsewhere, in order of completion. */
  readonly firstMismatch: PlacementMismatch | undefined;
  /** What the responses say about the keys; `undefined` for methods without one. */
  readonly keys: KeyFigures | undefined;
}

export interface PlacementMismatch {
  /** Number of the request in the run, from 0. */
  readonly request: number;
  /** Value of the hash key, or the network that ip_hash looks at; `undefined` for methods without a key. */
  readonly key: string | undefined;
  /** Addresses. */
  readonly expected: string;
  readonly actual: string;
}

export interface KeyFigures {
  /** Distinct keys seen; at least that many when `capped`. */
  readonly distinct: number;
  /** Distinct keys by the backend that each was seen on first. */
  readonly perBackend: readonly { readonly address: string; readonly count: number }[];
  /** Keys seen on more than one backend. */
  readonly moved: number;
  /** moved / distinct; `undefined` without keys. */
  readonly movedRatio: number | undefined;
  /** There were more keys than are remembered: the figures are of the first ones. */
  readonly capped: boolean;
}
