/** What one backend did over time. */
export interface BackendTrack {
  /** Configured weight; `undefined` when it is not known. */
  readonly weight: number | undefined;
  /** Which of several pools it is of; its requests are compared with those of that pool only. */
  readonly pool?: string | undefined;
  /** Responses in each slice of time. */
  readonly counts: ArrayLike<number>;
  /** When its first and its last response ended; `undefined` when it served none. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
}

/** A stretch of time divided into slices. */
export interface TrackedTime {
  /** The stretch that is judged. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Where the first slice begins, and how long each is. */
  readonly sliceFromMs: number;
  readonly sliceMs: number;
}

/** A stretch in which a backend is known to have been away. */
export interface KnownAbsence {
  /** Index of the backend. */
  readonly backend: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A backend that got nothing for so long that it was hardly there. */
export interface Absence {
  readonly backend: number;
  readonly kind: 'before' | 'after' | 'between';
  /** When it was first seen (before, between), last seen (after). */
  readonly atMs: number;
  /** The backend that took its place, or whose place it took. */
  readonly counterpart: number | undefined;
  /** It was away for sure: another one took its place, or it is known to have been stopped. Else it may have been starved. */
  readonly isCertain: boolean;
}

/** What is expected of backends of which not all were there all the time. */
export interface Presence {
  /** Expected share of all requests by backend, over the stretches in which each was there for all that is certain. */
  readonly shares: readonly number[];
  /** The same if every absence was one. */
  readonly lenientShares: readonly number[];
  readonly absences: readonly Absence[];
  /** The same shares of a part of the requests, such as those of one hour or to one URI. */
  readonly sharesOf: (part: readonly PartTrack[], time: TrackedTime) => ExpectedShares;
}

/** Expected shares by backend, as far as all is certain, and if every absence was one. */
type ExpectedShares = Pick<Presence, 'shares' | 'lenientShares'>;

/** What one backend did of a part of the requests. */
export interface PartTrack {
  /** Index of the backend among those that the presence is of. */
  readonly backend: number;
  readonly pool?: string | undefined;
  readonly counts: ArrayLike<number>;
}

/**
 * How rarely a fair draw leaves a backend out for as long as one that counts as absent was left out: at one of the two
 * ends of the time, and between two of its responses, of which there are many.
 */
const risk = { end: 1e-4, between: 1e-6 } as const;
/** How far apart, of the time judged, the end of one backend and the beginning of the next may lie. */
const handover = 0.1;
/** Which part of an absence must be known, as its ends are seen only roughly. */
const mostlyKnown = 0.8;

/**
 * What to expect of each backend over the stretches in which it was there. A backend is away before its first response,
 * behind its last one and between two of them, as far as a fair draw would hardly have left it out for so long.
 *
 * Nobody who only counts can tell a backend that is away from one that gets nothing. What makes it certain: another backend
 * appears where this one disappears (a pod that is replaced), or it is known to have been stopped. `undefined` when all were
 * there all the time.
 */
export function presenceOf(
  backends: readonly BackendTrack[],
  time: TrackedTime,
  known: readonly KnownAbsence[] = [],
): Presence | undefined {
  const spans = spansOf(backends, time);
  const away = [...poolsIn(backends).values()].flatMap((members) =>
    silencesIn(members, backends, spans).map((silence) => ({ ...silence, members })),
  );
  if (away.length === 0) return undefined;
  const counterparts = handoversIn(away, backends, time, spans);
  const absences = away.map((silence): Absence => {
    const { backend, kind, atMs } = silence;
    const counterpart = counterparts.get(silence);
    const isKnown = known.some((one) => one.backend === backend && overlap(silence, one) >= mostlyKnown);
    return { backend, kind, atMs, counterpart, isCertain: isKnown || counterpart !== undefined };
  });
  const weights = weightsOf(backends, absences);
  const excused = away.filter((_, index) => absences[index]?.isCertain);
  const sharesOf = (part: readonly PartTrack[], partTime: TrackedTime): ExpectedShares => {
    const partSpans = spansOf(part, partTime);
    const partWeights = part.map(({ backend }) => weights[backend] ?? 0);
    const sharesBut = (silences: readonly Silence[]) =>
      expectedShares(part, partWeights, presentParts(part, silences, partSpans));
    return { shares: sharesBut(excused), lenientShares: sharesBut(away) };
  };
  const whole = backends.map(({ pool, counts }, backend) => ({ backend, pool, counts }));
  return { ...sharesOf(whole, time), absences, sharesOf };
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function spansOf(tracks: readonly Pick<BackendTrack, 'counts'>[], time: TrackedTime): Span[] {
  const slices = Math.max(0, ...tracks.map(({ counts }) => counts.length));
  return Array.from({ length: slices }, (_, index) => spanOf(index, time));
}

/** A slice, as far as it lies in the time that is judged. */
function spanOf(index: number, { fromMs, toMs, sliceFromMs, sliceMs }: TrackedTime): Span {
  const start = sliceFromMs + index * sliceMs;
  const from = Math.max(start, fromMs);
  return { fromMs: from, toMs: Math.max(from, Math.min(start + sliceMs, toMs)) };
}

/** Indexes of the backends, by pool. */
function poolsIn(backends: readonly Pick<BackendTrack, 'pool'>[]): Map<string, number[]> {
  const pools = new Map<string, number[]>();
  backends.forEach(({ pool = '' }, index) => {
    const members = pools.get(pool);
    if (members === undefined) pools.set(pool, [index]);
    else members.push(index);
  });
  return pools;
}

/** A stretch in which a backend served nothing. */
interface Silence {
  readonly backend: number;
  readonly kind: Absence['kind'];
  readonly atMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The silences of a pool's backends that are too long for chance. */
function silencesIn(
  members: readonly number[],
  backends: readonly BackendTrack[],
  spans: readonly Span[],
): Silence[] {
  const [first, last] = [spans[0], spans.at(-1)];
  if (first === undefined || last === undefined || members.length < 2) return [];
  const all = members.flatMap((backend) => silencesOf(backend, backends[backend] as BackendTrack, spans));
  // Who is certainly not there is no competitor of the others, so that theirs are seen in fewer requests.
  return tooLong(all, tooLong(all, [], members, backends, spans), members, backends, spans);
}

/** No backend is that certain to be chosen: requests within a silence are known only by slices. */
const mostShare = 0.9;

/** @param away silences of those that are not there to be chosen */
function tooLong(
  silences: readonly Silence[],
  away: readonly Silence[],
  members: readonly number[],
  backends: readonly BackendTrack[],
  spans: readonly Span[],
): Silence[] {
  const weightOf = significanceWeights(members, backends);
  const awayOf = new Map<number, Silence[]>(members.map((member) => [member, []]));
  for (const silence of away) awayOf.get(silence.backend)?.push(silence);
  const there = new Map(
    members.map((member) => {
      const weight = weightOf.get(member) ?? 0;
      const own = awayOf.get(member) ?? [];
      return [member, spans.map((span) => weight * Math.max(0, 1 - coverage(span, own)))];
    }),
  );
  const thereInAll = spans.map((_, slice) =>
    members.reduce((sum, member) => sum + (there.get(member)?.[slice] ?? 0), 0),
  );
  const requests = spans.map((_, slice) =>
    members.reduce((sum, member) => sum + (backends[member]?.counts[slice] ?? 0), 0),
  );
  return silences.filter((silence) => {
    const own = weightOf.get(silence.backend) ?? 0;
    if (own === 0) return false;
    let logChance = 0;
    spans.forEach((span, slice) => {
      // When in a slice its requests ended is not known, and many may have ended at once: none of a slice that the silence
      // covers in part is sure to lie in it.
      if (overlap(span, silence) < 1) return;
      const others = (thereInAll[slice] ?? 0) - (there.get(silence.backend)?.[slice] ?? 0);
      const share = Math.min(mostShare, own / (own + Math.max(0, others)));
      logChance += (requests[slice] ?? 0) * Math.log1p(-share);
    });
    return logChance < Math.log(silence.kind === 'between' ? risk.between : risk.end);
  });
}

/** Weights to tell chance by: of backends of which nothing is known it is that of the others, on average. */
function significanceWeights(
  members: readonly number[],
  backends: readonly BackendTrack[],
): Map<number, number> {
  const known = members.flatMap((member) => backends[member]?.weight ?? []);
  const mean = known.length === 0 ? 1 : known.reduce((sum, weight) => sum + weight, 0) / known.length;
  return new Map(members.map((member) => [member, backends[member]?.weight ?? mean]));
}

function silencesOf(
  backend: number,
  { counts, firstMs, lastMs }: BackendTrack,
  spans: readonly Span[],
): Silence[] {
  const [first, last] = [spans[0], spans.at(-1)];
  if (firstMs === undefined || lastMs === undefined || first === undefined || last === undefined) return [];
  const silences: Silence[] = [
    { backend, kind: 'before', atMs: firstMs, fromMs: first.fromMs, toMs: firstMs },
    { backend, kind: 'after', atMs: lastMs, fromMs: lastMs, toMs: last.toMs },
  ];
  let lastServed: number | undefined;
  for (let slice = 0; slice < spans.length; slice++) {
    if ((counts[slice] ?? 0) === 0) continue;
    const [from, to] = [spans[lastServed ?? slice], spans[slice]];
    if (lastServed !== undefined && slice - lastServed > 1 && from !== undefined && to !== undefined)
      silences.push({ backend, kind: 'between', atMs: to.fromMs, fromMs: from.toMs, toMs: to.fromMs });
    lastServed = slice;
  }
  return silences.filter(({ fromMs, toMs }) => toMs > fromMs);
}

/** Which part of a span lies in a silence. */
function overlap({ fromMs, toMs }: Span, silence: Pick<Silence, 'fromMs' | 'toMs'>): number {
  if (toMs <= fromMs) return 0;
  return Math.max(0, Math.min(toMs, silence.toMs) - Math.max(fromMs, silence.fromMs)) / (toMs - fromMs);
}

/** Which part of a span lies in any of some silences. */
function coverage(span: Span, silences: readonly Silence[]): number {
  return silences.reduce((part, silence) => part + overlap(span, silence), 0);
}

/** Who took whose place: each backend that appears late with one that disappears about then, in the order of time. */
function handoversIn(
  away: readonly (Silence & { readonly members: readonly number[] })[],
  backends: readonly BackendTrack[],
  { fromMs, toMs, sliceMs }: TrackedTime,
  spans: readonly Span[],
): Map<Silence, number> {
  const tolerance = Math.max(2 * sliceMs, handover * (toMs - fromMs));
  const inTime = (kind: Absence['kind']) =>
    away.filter((one) => one.kind === kind).sort((one, other) => one.atMs - other.atMs);
  const leavers = inTime('after');
  const pairs = new Map<Silence, number>();
  if (spans.length === 0) return pairs;
  for (const joiner of inTime('before')) {
    const leaver = leavers.find(
      (one) =>
        !pairs.has(one) &&
        one.members === joiner.members &&
        one.backend !== joiner.backend &&
        Math.abs(one.atMs - joiner.atMs) <= tolerance &&
        isSameWeight(backends[one.backend]?.weight, backends[joiner.backend]?.weight),
    );
    if (leaver === undefined) continue;
    pairs.set(joiner, leaver.backend);
    pairs.set(leaver, joiner.backend);
  }
  return pairs;
}

function isSameWeight(one: number | undefined, other: number | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

/**
 * Weights to expect by. Where those of a pool are known, a backend without one is a stranger, of which nothing is expected;
 * unless it took the place of one that is known.
 */
function weightsOf(
  backends: readonly Pick<BackendTrack, 'weight' | 'pool'>[],
  absences: readonly Absence[],
): readonly number[] {
  const knownPools = new Set(
    backends.filter(({ weight }) => weight !== undefined).map(({ pool = '' }) => pool),
  );
  const weights = backends.map(({ weight, pool = '' }) => weight ?? (knownPools.has(pool) ? undefined : 1));
  const inTime = absences
    .filter(({ kind, counterpart }) => kind === 'before' && counterpart !== undefined)
    .toSorted((one, other) => one.atMs - other.atMs);
  for (const { backend, counterpart } of inTime) weights[backend] ??= weights[counterpart as number];
  return weights.map((weight) => weight ?? 0);
}

/** By backend and slice, which part of the slice it was there. */
function presentParts(
  tracks: readonly PartTrack[],
  away: readonly Silence[],
  spans: readonly Span[],
): readonly (readonly number[])[] {
  return tracks.map(({ backend }) => {
    const own = away.filter((silence) => silence.backend === backend);
    return spans.map((span) => Math.max(0, 1 - coverage(span, own)));
  });
}

/** Each slice's requests of a pool go to the backends that are there, by weight. */
function expectedShares(
  backends: readonly PartTrack[],
  weights: readonly number[],
  present: readonly (readonly number[])[],
): number[] {
  const expected = backends.map(() => 0);
  let total = 0;
  const slices = Math.max(0, ...backends.map(({ counts }) => counts.length));
  for (const members of poolsIn(backends).values()) {
    for (let slice = 0; slice < slices; slice++) {
      const requests = members.reduce((sum, member) => sum + (backends[member]?.counts[slice] ?? 0), 0);
      if (requests === 0) continue;
      total += requests;
      const partOf = (member: number) => (weights[member] ?? 0) * (present[member]?.[slice] ?? 0);
      const there = members.reduce((sum, member) => sum + partOf(member), 0);
      // Where only strangers are there, all that are expected should have been.
      const all = members.reduce((sum, member) => sum + (weights[member] ?? 0), 0);
      for (const member of members) {
        const share = there > 0 ? partOf(member) / there : all > 0 ? (weights[member] ?? 0) / all : 0;
        expected[member] = (expected[member] ?? 0) + requests * share;
      }
    }
  }
  return expected.map((requests) => (total > 0 ? requests / total : 0));
}
