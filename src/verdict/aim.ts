import { aimOf, isInFlightWithinOne, keySkew } from '../figures/aim.js';
import { figureOf } from '../figures/catalogue.js';
import { formatQuantity } from '../figures/format.js';
import { holds } from '../figures/reading.js';
import { formatRough } from '../figures/units.js';
import type { RunReport, ThresholdResult } from '../model/report.js';
import type { Rule } from '../model/rule.js';

type Finding = Pick<ThresholdResult, 'value' | 'verdict' | 'note'>;

/**
 * Judges a rule on counts that a log breaks whose balancer's method does not aim at equal counts, by what it does aim at: `least_conn` at
 * requests in flight, a hash at keys. A skew is judged by that of those, other figures of the counts are not judged.
 *
 * @param isLuck whether chance alone may explain the counts
 * @returns `undefined` where the method aims at counts, or is not known
 */
export function judgedByAim(
  { metric, operator }: Rule,
  run: RunReport,
  counted: number,
  limit: number,
  isLuck: boolean,
): Finding | undefined {
  const { engine, algorithm = '', distribution } = run;
  const aim = engine === 'log' ? aimOf(algorithm) : undefined;
  const { name, isSpread, better } = figureOf(metric);
  if (aim === undefined || !isSpread || name === 'inflight-skew') return undefined;
  if (better !== undefined && operator.startsWith('<') !== (better === 'lower')) return undefined;
  const says = aimText(algorithm, aim);
  const doubt = (note: string): Finding => ({ value: counted, verdict: 'inconclusive', note });
  if (name !== 'skew')
    return doubt(`${says}: ${aim === 'keys' ? 'skew' : 'inflight-skew'} is judged by them`);
  const counts = `that of the counts is ${formatRough('ratio', counted)}`;
  if (aim === 'keys') {
    const found = keySkew(run);
    if (found === undefined) return doubt(`${says}, and which keys there were is not known here`);
    const { skew, noise, keys } = found;
    const note = `${says}: this is the skew of ${formatQuantity(keys, 'key')}, ${counts}`;
    if (holds(skew, operator, limit)) return { value: skew, verdict: 'pass', note };
    if (noise !== undefined && holds(skew, '>', noise)) return { value: skew, verdict: 'fail', note };
    const most = noise === undefined ? 'any' : formatRough('ratio', noise, 2);
    return { value: skew, verdict: 'inconclusive', note: `${note}; a fair hash may show ${most}` };
  }
  const { inFlightSkew } = distribution;
  if (inFlightSkew === undefined) return doubt(`${says}, and the log does not tell those: it has no times`);
  const note = `${says}: this is the skew of those, ${counts}`;
  if (holds(inFlightSkew, operator, limit)) return { value: inFlightSkew, verdict: 'pass', note };
  if (isLuck) return { value: inFlightSkew, verdict: 'inconclusive', note: `${note}, which chance explains` };
  return isInFlightWithinOne(run)
    ? { value: inFlightSkew, verdict: 'inconclusive', note: `${note}; no backend is off by a whole request` }
    : { value: inFlightSkew, verdict: 'fail', note };
}

/** What to know of a run that breaks a rule on counts, under a method that does not aim at equal ones. */
export function aimNote({ metric }: Rule, { algorithm = '' }: RunReport): string | undefined {
  const aim = aimOf(algorithm);
  const { name, isSpread } = figureOf(metric);
  if (aim === undefined || isSpread !== true || name === 'inflight-skew') return undefined;
  const instead = aim === 'keys' ? '' : ', which inflight-skew is about';
  return `${aimText(algorithm, aim)}${instead}`;
}

function aimText(algorithm: string, aim: string): string {
  const [method = ''] = algorithm.startsWith('random') ? [algorithm] : algorithm.split(' ');
  return `${method} evens out ${aim}, not counts`;
}
