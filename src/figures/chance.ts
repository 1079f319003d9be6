import type { RunReport } from '../model/report.js';
import type { Operator } from '../model/rule.js';
import { binomialLowerTail, binomialUpperTail } from '../stats/binomial-tail.js';
import { minimumRequests } from '../stats/fair-draw.js';
import { attributedCount } from './counts.js';
import type { Part } from './figure.js';
import { formatCount } from './format.js';
import { holds } from './reading.js';
import { formatRough } from './units.js';

/** A broken rule is proven only where chance would explain it less often than this. */
const risk = 0.01;

/** A rule that a run breaks. */
interface Breach {
  readonly run: RunReport;
  readonly part: Part;
  readonly operator: Operator;
  readonly limit: number;
}

/**
 * Whether a breach is more than a fair balancer's luck, and why; `undefined` for rules that luck is not asked about, among
 * them those that ask for more unevenness.
 */
export type Chance = (breach: Breach) => { readonly isProven: boolean; readonly note: string } | undefined;

/** A figure of unevenness that chance alone raises up to a noise which 99 of 100 fair draws stay under. */
interface Unevenness {
  /** The side of a limit that asks for an even spread. */
  readonly asks: '<' | '>';
  /** What is held against the noise, as notes call it. */
  readonly called: string;
  readonly seen: (run: RunReport) => number | undefined;
  readonly noise: (run: RunReport) => number | undefined;
  /** Requests that decide a limit, where that is known. */
  readonly needed?: (run: RunReport, limit: number) => number | undefined;
}

/** Proven above the noise, which a fair draw of the run's requests exceeds less than 1 time in 100. */
export function fairDraw({ asks, called, seen, noise, needed }: Unevenness): Chance {
  return ({ run, operator, limit }) => {
    if (!operator.startsWith(asks)) return undefined;
    const { presentSkew } = run.distribution;
    if (presentSkew !== undefined && called === 'skew' && (asks === '>' || holds(presentSkew, '<', limit))) {
      const text = formatRough('ratio', presentSkew, 2);
      return {
        isProven: false,
        note: `a backend that got nothing for a stretch cannot be told from one that was away: over the stretches in which each was there the skew is ${text}`,
      };
    }
    const [plain, most] = [seen(run), noise(run)];
    // Whether the silent ones were away or left out, either way it has to be more than luck.
    const figure = plain === undefined ? plain : Math.min(plain, presentSkew ?? plain);
    if (figure === undefined || most === undefined) {
      return { isProven: false, note: `how much ${called} chance alone can cause is not known` };
    }
    const requests = `${formatCount(attributedCount(run))} requests`;
    const percent = formatRough('ratio', most, 2);
    if (holds(figure, '>', most)) {
      return {
        isProven: true,
        note: `in 99 of 100 fair draws of ${requests} the ${called} is at most ${percent}`,
      };
    }
    const decides = needed?.(run, limit);
    const rule = `${called} ${operator} ${formatRough('ratio', limit)}`;
    const remedy = decides === undefined ? '' : `; ${formatCount(decides)} requests would decide ${rule}`;
    return {
      isProven: false,
      note: `a fair draw of ${requests} may show a ${called} of ${percent}${remedy}`,
    };
  };
}

/** The smallest count from which on a fair draw over the run's expected shares stays within this skew 99 times in 100. */
export function requestsForSkew({ backends }: RunReport, limit: number): number | undefined {
  return minimumRequests(
    limit,
    backends.flatMap(({ expectedShare = 0 }) => (expectedShare > 0 ? [expectedShare] : [])),
  );
}

/**
 * A backend's share: proven where so few requests, or so many, would come less than 1 time in 100 by the binomial tail at
 * its expected share; at the limit where that share itself breaks the rule, or is not known.
 */
export const drawnShare: Chance = ({ run, part: { backend }, operator, limit }) => {
  if (backend === undefined) return undefined;
  const expected = backend.expectedShare;
  const share = expected !== undefined && holds(expected, operator, limit) ? expected : limit;
  const attributed = attributedCount(run);
  const [tail, word] = operator.startsWith('<')
    ? ([binomialUpperTail, 'many'] as const)
    : ([binomialLowerTail, 'few'] as const);
  const probability = tail(backend.count, attributed, Math.min(1, share));
  const draw = `were its true share ${formatRough('ratio', share)}, ${formatCount(attributed)} requests would give it so ${word}`;
  return probability < risk
    ? { isProven: true, note: `${draw} less than 1 time in 100` }
    : {
        isProven: false,
        note: `${draw} ${formatRough('ratio', probability, 2)} of the time; more requests decide it`,
      };
};
