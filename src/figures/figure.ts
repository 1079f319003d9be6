import type { LatencySummary } from '../model/latency.js';
import type { BackendReport, RequestReport, RunReport } from '../model/report.js';
import type { Selectors, Unit } from '../model/rule.js';
import type { Chance } from './chance.js';
import type { Hidden } from './hidden.js';
import type { Interval } from './interval.js';
import type { Reading } from './reading.js';
import type { Timely } from './timely.js';

/** What a figure is read of: a backend or a kind of request of a run, or, without either, the whole run. */
export interface Part {
  readonly backend?: BackendReport | undefined;
  readonly request?: RequestReport | undefined;
}

export const wholeRun: Part = {};

export type Scope = 'run' | 'backend' | 'request';

/** What a figure and a family of figures have in common. */
interface Row {
  /** As in thresholds. */
  readonly name: string;
  readonly unit: Unit;
  /** `undefined` where neither more nor less of it is good. */
  readonly better: 'lower' | 'higher' | undefined;
  /** What it is known of. */
  readonly per: readonly Scope[];
  /** Of a column or a row, without its unit. */
  readonly head: string;
  /** One line, for the documentation and for who asks what a threshold means. */
  readonly meaning: string;
}

/** One figure of a run. */
export interface Figure extends Row {
  /** True when it cannot exceed 1. */
  readonly isBounded?: boolean;
  /** Name of its column in CSV, where it has one. */
  readonly csv?: string;
  readonly read: (run: RunReport, part: Part) => Reading;
  /** Where the true figure lies, as far as one run tells; without it one run tells nothing. */
  readonly interval?: (run: RunReport, part: Part) => Interval;
  /** What it may have been had the sender never been late; without it that is not asked. */
  readonly timely?: Timely;
  /** True when it is of the responses whose backend is known, so that those of unknown backends are hidden from it. */
  readonly isSpread?: boolean;
  /** Where it lies whatever became of the requests hidden from it; without it nothing is certain when there are any. */
  readonly hidden?: Hidden;
  /** Whether a fair balancer's luck explains that it breaks a rule; without it luck is not asked. */
  readonly chance?: Chance;
}

/** Figures of many values, one for each statistic: `p99`, `service.mean`. */
export interface Family extends Row {
  /** Of what its columns in CSV are written, which then exist; empty for none. */
  readonly csv: readonly Scope[];
  /** The values, or why they are not known. */
  readonly of: (run: RunReport, part: Part) => LatencySummary | string;
}

/** What a rule is narrowed to, or why there is no such part. */
export function partOf(run: RunReport, selectors: Selectors): Part | string {
  const backend = run.backends.find(({ address }) => address === selectors.backend);
  const request = run.requests.find(({ name }) => name === selectors.request);
  if (selectors.backend !== undefined && backend === undefined) return 'no response came from this backend';
  if (selectors.request !== undefined && request === undefined) return 'no such request was sent';
  return { backend, request };
}

/** Whether a figure is known of such a part. */
export function isKnownOf({ per }: Pick<Row, 'per'>, { backend, request }: Part): boolean {
  return per.includes(backend !== undefined ? 'backend' : request !== undefined ? 'request' : 'run');
}
