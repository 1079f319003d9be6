import type { Fault } from '../model/fault.js';
import { formatPath, type Path } from './place.js';
import type { PathFault } from './schema-fault.js';
import type { ScenarioDocument } from './yaml-document.js';

/** More than anybody reads; a hostile file could have a hundred thousand. */
const maxFaults = 200;

/** Collects the faults of one scenario and knows where each of them stands: in the file, or on the command line. */
export class FaultLog {
  private readonly faults: Fault[] = [];
  private readonly elsewhere: Fault[] = [];

  /**
   * @param wrong what is wrong with single values
   * @param flags by formatted path: the flag that set what is there
   */
  constructor(
    private readonly file: string | undefined,
    private readonly document: ScenarioDocument,
    private readonly wrong: readonly PathFault[],
    private readonly flags: ReadonlyMap<string, string>,
  ) {}

  /** Whether a flag set what is at the path, or what it is a part of. */
  isOfFlag(path: Path): boolean {
    return this.flagOf(path) !== undefined;
  }

  /** A path as a message may name it. */
  nameOf(path: Path): string {
    return this.flagOf(path) ?? formatPath(path);
  }

  /** Whether a value at or below the path was wrong and is therefore not there now. */
  isWrong(path: Path): boolean {
    return this.wrong.some(
      (fault) => fault.surplus === undefined && path.every((step, index) => fault.path[index] === step),
    );
  }

  /**
   * Adds a fault of how values fit together.
   *
   * @param given what it takes for granted: nothing is said where one of these is wrong already, because what then seems
   * to be missing may not be
   */
  add(fault: PathFault, ...given: readonly Path[]): void {
    if (given.some((path) => this.isWrong(path))) return;
    const flag = this.flagOf(fault.path);
    if (flag !== undefined) this.faults.push({ path: flag, message: fault.message, hint: fault.hint });
    else this.addInFile(fault);
  }

  /** Adds a fault of the file, whatever a flag says there. */
  addInFile({ path, blame, message, hint, offset }: PathFault): void {
    const place = this.file === undefined ? {} : this.document.placeOf(path, blame, offset);
    this.faults.push({ file: this.file, ...place, path: formatPath(path), message, hint });
  }

  /** Adds a fault that has its place in the file already. */
  addPlaced(fault: Fault): void {
    this.faults.push(fault);
  }

  /** Adds a fault of another file that the scenario names. */
  addElsewhere(fault: Fault): void {
    this.elsewhere.push(fault);
  }

  /** In the order of the file; then what the flags did, then the faults of other files. */
  sorted(): readonly Fault[] {
    const order = ({ line = Number.POSITIVE_INFINITY, column = 0 }: Fault): [number, number] => [
      line,
      column,
    ];
    const own = [...this.faults].sort((a, b) => {
      const [left, right] = [order(a), order(b)];
      return left[0] === right[0] ? left[1] - right[1] : left[0] < right[0] ? -1 : 1;
    });
    const all = [...own, ...this.elsewhere];
    if (all.length <= maxFaults) return all;
    const rest: Fault = {
      file: this.file,
      message: `expected a scenario with fewer faults, got ${all.length - maxFaults} more than shown here`,
    };
    return [...all.slice(0, maxFaults), rest];
  }

  private flagOf(path: Path): string | undefined {
    for (let length = path.length; length > 0; length -= 1) {
      const flag = this.flags.get(formatPath(path.slice(0, length)));
      if (flag !== undefined) return flag;
    }
    return undefined;
  }
}
