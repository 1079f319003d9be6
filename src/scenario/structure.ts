import type { Path } from './place.js';
import { type CheckedScenario, scenarioSchema } from './schema/scenario.js';
import { explainIssue, type PathFault } from './schema-fault.js';

/** What is left of a scenario after everything wrong was taken out of it, so that the rest can still be checked. */
export interface Structure {
  /** `undefined` when nothing is left. */
  readonly checked: CheckedScenario | undefined;
  readonly faults: readonly PathFault[];
  /** Where a path into `checked` stood before wrong list items were taken out. */
  original(path: Path): Path;
  /** Whether something at or below this path was taken out; what then seems to be missing may not be. */
  isPruned(path: Path): boolean;
}

/**
 * Checks every single value against the schema. On faults the wrong values are cut out and the rest is parsed
 * again, because a mistake in one place must not hide what is wrong elsewhere.
 */
export function checkStructure(raw: unknown): Structure {
  const pruning = new Pruning(raw);
  const faults: PathFault[] = [];
  for (let round = 0; ; round += 1) {
    const result = scenarioSchema.safeParse(pruning.value, { reportInput: true });
    if (result.success) return { checked: result.data, faults, ...pruning.access() };
    const found = result.error.issues.flatMap((issue) => explainIssue(issue, pruning.value));
    // Later rounds only find what the pruning itself broke: a request without its bad path lacks a path.
    if (round === 0) faults.push(...distinct(found));
    // Every round takes out or replaces at least one value, and a chain of parents is at most as long as the schema is deep.
    if (!pruning.prune(found) || round > 20) {
      return { checked: undefined, faults, ...pruning.access() };
    }
  }
}

function distinct(faults: readonly PathFault[]): readonly PathFault[] {
  const seen = new Set<string>();
  return faults.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    return !seen.has(key) && seen.add(key);
  });
}

class Pruning {
  readonly value: unknown;
  /** By the original path of a list: the original indexes of the items it still has. */
  private readonly kept = new Map<string, number[]>();
  private readonly removed: Path[] = [];

  constructor(raw: unknown) {
    this.value = structuredClone(raw);
  }

  /** Takes out what the faults are about; false when that is everything. */
  prune(faults: readonly PathFault[]): boolean {
    // The value itself, or the map that lacks something; once, because a second cut would hit the next item.
    const cuts = new Map<string, { readonly path: Path; readonly isLoss: boolean }>();
    for (const { path, missing, surplus } of faults) {
      if (missing === true && this.standIn(path)) continue;
      const cut = missing === undefined ? path : path.slice(0, -1);
      cuts.set(JSON.stringify(cut), { path: cut, isLoss: surplus === undefined });
    }
    if (faults.length === 0 || [...cuts.values()].some(({ path }) => path.length === 0)) return false;
    // From the back, so that the indexes in front stay right.
    const backwards = [...cuts.values()].sort((a, b) => comparePaths(b.path, a.path));
    for (const { path, isLoss } of backwards) {
      const original = this.original(path);
      if (this.cut(path) && isLoss) this.removed.push(original);
    }
    return true;
  }

  /**
   * Puts something in the place of what a map cannot do without, where it is known what; without it the whole map would
   * go, and with it what else is wrong in there.
   */
  private standIn(path: Path): boolean {
    const [list, index, key] = path;
    if (path.length !== 3 || list !== 'requests' || typeof index !== 'number' || key !== 'path') return false;
    const request = childOf(childOf(this.value, list), index);
    if (typeof request !== 'object' || request === null) return false;
    const original = this.original(path);
    // One of its own: requests are called by their paths.
    Reflect.set(request, key, `/stand-in-for-${original[1]}`);
    this.removed.push(original);
    return true;
  }

  access(): Pick<Structure, 'original' | 'isPruned'> {
    return {
      original: (path) => this.original(path),
      isPruned: (path) =>
        this.removed.some((removed) => path.every((step, index) => removed[index] === step)),
    };
  }

  private original(path: Path): Path {
    const original: (string | number)[] = [];
    for (const step of path) {
      const kept = typeof step === 'number' ? this.kept.get(JSON.stringify(original)) : undefined;
      original.push(typeof step === 'number' ? (kept?.[step] ?? step) : step);
    }
    return original;
  }

  private cut(path: Path): boolean {
    const last = path.at(-1);
    let parent = this.value;
    for (const step of path.slice(0, -1)) parent = childOf(parent, step);
    if (Array.isArray(parent) && typeof last === 'number' && last < parent.length) {
      const key = JSON.stringify(this.original(path.slice(0, -1)));
      const kept = this.kept.get(key) ?? parent.map((_, index) => index);
      kept.splice(last, 1);
      parent.splice(last, 1);
      this.kept.set(key, kept);
      return true;
    }
    if (typeof parent === 'object' && parent !== null && last !== undefined && Object.hasOwn(parent, last)) {
      return Reflect.deleteProperty(parent, last);
    }
    return false;
  }
}

function childOf(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return Reflect.get(value, step);
}

function comparePaths(a: Path, b: Path): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const [left, right] = [a[index] ?? '', b[index] ?? ''];
    if (left === right) continue;
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    return String(left) < String(right) ? -1 : 1;
  }
  return a.length - b.length;
}
