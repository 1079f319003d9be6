import type { LatencySummary } from '../model/latency.js';
import type { BackendReport, RequestReport, RunReport, StatusReport } from '../model/report.js';
import type { Selectors, Unit } from '../model/rule.js';
import { isOfStatus } from '../text/status-name.js';
import type { Chance } from './chance.js';
import type { Hidden } from './hidden.js';
import type { Interval } from './interval.js';
import type { Reading } from './reading.js';
import type { Timely } from './timely.js';

/** What a figure is read of: a backend, a kind of request or the responses of a status of a run, or, without any, the whole run. */
export interface Part {
  readonly backend?: BackendReport | undefined;
  readonly request?: RequestReport | undefined;
  readonly status?: Omit<StatusReport, 'status'> | undefined;
  /** Whose responses the figure `status` counts; beside a backend or alone. */
  readonly code?: string | undefined;
}

export const wholeRun: Part = {};

export type Scope = 'run' | 'backend' | 'request' | 'status' | 'code';

/** What a figure and a family of figures have in common. */
interface Row {
  /** As in thresholds. */
  readonly name: string;
  readonly unit: Unit;
  /** `undefined` where neither more nor less of it is good. */
  readonly better: 'lower' | 'higher' | undefined;
  /** What it is known of. Where that is no whole run, it must be narrowed by the first. */
  readonly per: readonly Scope[];
  /** True of what only streams of language models have: where there were none, nothing is said of it. */
  readonly ofStreams?: true;
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
  const status = selectors.status === undefined ? undefined : statusPart(run, selectors.status);
  return typeof status === 'string' ? status : { backend, request, status, code: selectors.code };
}

/** The responses of a code, of a class, or that do not count as errors; or why there are none. */
function statusPart(run: RunReport, name: string): NonNullable<Part['status']> | string {
  const { byStatus = [], successes } = run;
  if (successes === undefined) return 'not kept by status';
  if (name === 'ok') return successes.count > 0 ? successes : 'every response was an error';
  // A class of one code is not said twice.
  const [one, ...others] = byStatus.filter(({ status }) => isOfStatus(status, name));
  const part = byStatus.find(({ status }) => status === name) ?? (others.length === 0 ? one : undefined);
  if (part !== undefined) return part;
  return run.status[name] === undefined
    ? 'no response of this status'
    : 'too many statuses to keep each apart';
}

/** Whether a figure is known of such a part. */
export function isKnownOf({ per }: Pick<Row, 'per'>, part: Part): boolean {
  const scopes = (['backend', 'request', 'status', 'code'] as const).filter((key) => part[key] !== undefined);
  return scopes.length === 0 ? per.includes('run') : scopes.every((scope) => per.includes(scope));
}
