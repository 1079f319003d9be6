import { median } from 'simple-statistics';
import type { BackendReport, RunReport } from '../../model/report.js';
import { seriesCount } from './chart.js';

/** Backends in colour for each reason there is to look at one, where there are more backends than colours. */
const mostNotable = 3;

/** Which backends are drawn in a colour of their own. One has the same colour wherever it appears. */
export interface BackendColors {
  /** Addresses that charts of shares name: all, or those furthest from the share that was expected. */
  readonly byShare: readonly string[];
  /** Addresses that charts of times name: all, or those whose tail is longest beside that of the others. */
  readonly byTime: readonly string[];
  /** Index of a colour; `undefined` for one of the others. */
  readonly of: (address: string) => number | undefined;
}

export function backendColors(runs: readonly RunReport[]): BackendColors {
  const all = addressesOf(runs);
  const few = all.length <= seriesCount;
  const byShare = few ? all : furthestBackends(runs, offExpected, mostNotable);
  const byTime = few ? all : furthestBackends(runs, offOtherTails, mostNotable);
  const named = new Set([...byShare, ...byTime]);
  const colors = new Map(
    all.filter((address) => named.has(address)).map((address, index) => [address, index]),
  );
  return { byShare, byTime, of: (address) => colors.get(address) };
}

/** How far each backend of a run is off, in any unit: the larger the more notable. */
type OffBy = (run: RunReport) => (backend: BackendReport) => number;

/** The `most` backends that are further off than the others in any of the runs, in the order they first appear. */
export function furthestBackends(runs: readonly RunReport[], offBy: OffBy, most: number): readonly string[] {
  const all = addressesOf(runs);
  if (all.length <= most) return all;
  const off = new Map<string, number>();
  for (const run of runs) {
    const ofBackend = offBy(run);
    for (const backend of run.backends) {
      off.set(backend.address, Math.max(off.get(backend.address) ?? 0, ofBackend(backend)));
    }
  }
  const furthest = all.toSorted((a, b) => (off.get(b) ?? 0) - (off.get(a) ?? 0)).slice(0, most);
  return all.filter((address) => furthest.includes(address));
}

function addressesOf(runs: readonly RunReport[]): string[] {
  return [...new Set(runs.flatMap(({ backends }) => backends.map(({ address }) => address)))];
}

function offExpected(): (backend: BackendReport) => number {
  return ({ share, expectedShare }) => Math.abs((share ?? 0) - (expectedShare ?? share ?? 0));
}

/** How much longer its p99 is than the one in the middle of the run's; a shorter one makes nobody wait. */
function offOtherTails({ backends }: RunReport): (backend: BackendReport) => number {
  const known = backends.flatMap(({ serviceMs }) => serviceMs.p99 ?? []);
  const middle = known.length === 0 ? 0 : median(known);
  return ({ serviceMs: { p99 } }) => (middle > 0 ? Math.max(0, (p99 ?? 0) / middle - 1) : 0);
}
