import { formatCount } from '../figures/format.js';
import { formatRough } from '../figures/units.js';
import type { BackendReport, Distribution } from '../model/report.js';
import type { Warning } from '../model/warning.js';
import { chiSquareTest } from '../stats/chi-square-test.js';
import { coefficientOfVariation } from '../stats/coefficient-of-variation.js';
import { minimumRequests, skewNoise } from '../stats/fair-draw.js';
import { jainIndex } from '../stats/jain-index.js';
import type { Presence } from './presence.js';
import { skewOf } from './skew.js';

/** What was seen of one backend, or expected of one that was not seen (`count` 0). */
export interface BackendCount {
  readonly address: string;
  /** Attributed responses. */
  readonly count: number;
  /** Configured weight, 0 for a backend that should get nothing; `undefined` when it is not known. */
  readonly weight: number | undefined;
  /** Which of several pools it is of: it is compared with the backends of that pool alone. Nothing is expected of a stranger. */
  readonly pool?: string | undefined;
  readonly meanInFlight?: number | undefined;
}

export interface SpreadOptions {
  /** Ratio that `minimumRequests` is computed for; without one 5 %. */
  readonly skewLimit?: number | undefined;
  /** Of the same backends in the same order, where not all of them were there all the time. */
  readonly presence?: Pick<Presence, 'shares' | 'lenientShares' | 'absences'> | undefined;
}

/** The part of a backend's report that the spread decides, in the order of the counts. */
type BackendShare = Pick<BackendReport, 'address' | 'weight' | 'expectedShare' | 'share' | 'deviation'>;

export interface Spread {
  readonly shares: readonly BackendShare[];
  readonly distribution: Distribution;
  readonly warnings: readonly Warning[];
}

/** What a scenario without a limit of its own is judged by. */
export const defaultSkewLimit = 0.05;

/**
 * Judges how the attributed responses spread over the backends, against their weights.
 *
 * - Where no weight is known, equal shares over the backends seen are expected. With a single one there is then nothing to
 *   compare, and the spread is absent rather than even: a balancer that sends everything to one backend must not look fair.
 * - Once any weight is known, a backend without one is a stranger: nothing is expected of it, as of one of weight 0. What
 *   such backends served counts towards the total, so that it is missing from the others' shares, and is warned of.
 * - Of several pools each is compared in itself: what a pool as a whole got is as expected. One backend alone is as expected
 *   then, and nothing is compared where all pools are like that.
 * - Chi-square, evenness and maxOverMean look only at the backends that something is expected of.
 */
export function judgeSpread(counts: readonly BackendCount[], options: SpreadOptions = {}): Spread {
  const { presence } = options;
  // Until something is certain the shares are those of the whole time.
  const isCertain = presence?.absences.some((absence) => absence.isCertain) === true;
  const expected = isCertain ? presence?.shares : expectedShares(counts);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const backends = counts.map((backend, index) => ({ ...backend, expectedShare: expected?.[index] }));
  const shares = backends.map(({ address, weight, count, expectedShare }): BackendShare => {
    const share = total > 0 ? count / total : undefined;
    const comparable = share !== undefined && expectedShare !== undefined && expectedShare > 0;
    return {
      address,
      weight,
      expectedShare,
      share,
      deviation: comparable ? share / expectedShare - 1 : undefined,
    };
  });
  const distribution = distributionOf(backends, total, options.skewLimit ?? defaultSkewLimit);
  const doubtful = presence?.absences.some((absence) => !absence.isCertain) ? presence : undefined;
  return {
    shares,
    distribution: {
      ...distribution,
      presentSkew:
        doubtful &&
        skewOf(counts.map(({ count }, i) => ({ value: count, expectedShare: doubtful.lenientShares[i] }))),
    },
    warnings: [
      ...strangers(backends),
      ...tooFew(distribution, total, options),
      ...(presence === undefined ? [] : comings(presence, counts)),
    ],
  };
}

type Expected = BackendCount & { readonly expectedShare: number | undefined };

/** Shares that add up to 1, or `undefined` when nothing can be expected. */
function expectedShares(counts: readonly BackendCount[]): number[] | undefined {
  const pools = new Map<string, BackendCount[]>();
  for (const backend of counts) {
    const { pool = '' } = backend;
    const members = pools.get(pool);
    if (members === undefined) pools.set(pool, [backend]);
    else members.push(backend);
  }
  if (pools.size < 2) return sharesByWeight(counts);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0 || [...pools].every(([pool, members]) => pool === '' || members.length < 2))
    return undefined;
  const shares = new Map<BackendCount, number>();
  for (const [pool, members] of pools) {
    // Of one that is in no pool nothing is expected.
    if (pool === '') continue;
    const ofPool = members.reduce((sum, { count }) => sum + count, 0) / total;
    const within = members.length < 2 ? [1] : sharesByWeight(members);
    members.forEach((backend, index) => {
      shares.set(backend, ofPool * (within?.[index] ?? 0));
    });
  }
  return counts.map((backend) => shares.get(backend) ?? 0);
}

/** Shares by weight within one pool. */
function sharesByWeight(counts: readonly BackendCount[]): number[] | undefined {
  if (counts.every(({ weight }) => weight === undefined)) {
    return counts.length < 2 ? undefined : counts.map(() => 1 / counts.length);
  }
  const sum = counts.reduce((total, { weight }) => total + (weight ?? 0), 0);
  return sum > 0 ? counts.map(({ weight }) => (weight ?? 0) / sum) : undefined;
}

function distributionOf(
  backends: readonly Expected[],
  total: number,
  skewLimit: number,
): Omit<Distribution, 'presentSkew'> {
  const members = backends.flatMap(({ count, expectedShare, meanInFlight }) =>
    expectedShare !== undefined && expectedShare > 0 ? [{ count, share: expectedShare, meanInFlight }] : [],
  );
  const expected = members.map(({ share }) => share);
  const perShare = members.map(({ count, share }) => count / share);
  const mean = perShare.reduce((sum, value) => sum + value, 0) / perShare.length;
  const inFlightKnown = members.every(({ meanInFlight }) => meanInFlight !== undefined);
  return {
    skew: skewOf(backends.map(({ count, expectedShare }) => ({ value: count, expectedShare }))),
    skewNoise: skewNoise(total, expected),
    maxOverMean: mean > 0 ? Math.max(...perShare) / mean : undefined,
    coefficientOfVariation: coefficientOfVariation(perShare),
    jainIndex: jainIndex(perShare),
    chiSquare: chiSquareTest(members),
    minimumRequests: minimumRequests(skewLimit, expected),
    inFlightSkew: inFlightKnown
      ? skewOf(
          backends.map(({ meanInFlight, expectedShare }) => ({ value: meanInFlight ?? 0, expectedShare })),
        )
      : undefined,
  };
}

function strangers(backends: readonly Expected[]): Warning[] {
  return backends.flatMap(({ address, count, weight, expectedShare }): Warning[] => {
    if (count === 0 || expectedShare !== 0) return [];
    return weight === undefined
      ? [
          {
            code: 'unknown-backend',
            text: `${address} served ${count} but is not among the expected backends`,
          },
        ]
      : [{ code: 'model-mismatch', text: `${address} served ${count} but was expected to serve nothing` }];
  });
}

/** Absences named in a warning. */
const absencesNamed = 3;

/** Who came and went, and what that does to the shares. */
function comings({ absences }: Pick<Presence, 'absences'>, counts: readonly BackendCount[]): Warning[] {
  const nameOf = (index: number) => counts[index]?.address ?? '';
  const joined = absences.filter(({ kind, counterpart }) => kind === 'before' && counterpart !== undefined);
  const doubtful = absences.filter(({ isCertain }) => !isCertain);
  const list = (texts: readonly string[]) =>
    [
      ...texts.slice(0, absencesNamed),
      ...(texts.length > absencesNamed ? [`${texts.length - absencesNamed} more`] : []),
    ].join(', ');
  const warnings: Warning[] = [];
  if (joined.length > 0) {
    const places = joined.map(
      ({ backend, counterpart = 0 }) => `${nameOf(backend)} that of ${nameOf(counterpart)}`,
    );
    warnings.push({
      code: 'came-and-went',
      text: `backends took the places of others (${list(places)}): shares are expected over the stretches in which each was there`,
    });
  }
  if (doubtful.length > 0) {
    const words = { before: 'at first', after: 'at last', between: 'in between' } as const;
    const who = [...new Set(doubtful.map(({ backend, kind }) => `${nameOf(backend)} ${words[kind]}`))];
    warnings.push({
      code: 'came-and-went',
      text: `no requests went to ${list(who)} for longer than chance explains: who counts requests cannot tell a backend that was away from one that was left out`,
    });
  }
  return warnings;
}

/** Only where it matters: a run whose skew is within the limit needs no more requests. */
function tooFew(
  distribution: Distribution,
  total: number,
  { skewLimit = defaultSkewLimit }: SpreadOptions,
): Warning[] {
  const { skew, skewNoise: noise, minimumRequests: needed } = distribution;
  if (skew === undefined || noise === undefined || skew < skewLimit || skew > noise) return [];
  const remedy = needed === undefined ? '' : `; ${formatCount(needed)} requests would tell`;
  return [
    {
      code: 'too-few-requests',
      text: `chance alone makes ${formatCount(total)} requests skew by up to ${formatRough('ratio', noise, 2)}${remedy}`,
    },
  ];
}
