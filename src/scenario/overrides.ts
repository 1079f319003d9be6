import type { z } from 'zod';
import { formatPath, type Path } from './place.js';
import { labPort } from './schema/lab.js';
import { concurrency, duration, ratePerSec, requestCount } from './schema/load.js';
import {
  algorithm,
  baseline,
  type CheckedScenario,
  engine,
  seed,
  target,
  threads,
  threshold,
} from './schema/scenario.js';
import { explainIssue } from './schema-fault.js';

/**
 * What the flags of `lbbench run` change. Everything may be given as typed; it is checked here by the same rules as
 * the scenario's keys.
 */
export interface Overrides {
  /** `-n`. Replaces the scenario's requests and duration. */
  readonly requests?: number | string | undefined;
  /** `-c` */
  readonly concurrency?: number | string | undefined;
  /** `-t`, in seconds or with a unit (`2m`). Replaces the scenario's requests and duration. */
  readonly durationSec?: number | string | undefined;
  /** `--rate`, per second or with a unit (`90/m`). */
  readonly ratePerSec?: number | string | undefined;
  /** `--algorithm`, repeatable. Replaces the scenario's. */
  readonly algorithms?: readonly string[] | undefined;
  /** `--target`. Replaces the scenario's target, or its lab together with the algorithms meant for it. */
  readonly target?: string | undefined;
  /** `--engine` */
  readonly engine?: string | undefined;
  /** `--threads` */
  readonly threads?: number | string | undefined;
  /** `--threshold`, repeatable. Added to the scenario's. */
  readonly thresholds?: readonly string[] | undefined;
  /** `--port`: of the lab's balancer. */
  readonly port?: number | string | undefined;
  /** `--baseline`, a full path. */
  readonly baseline?: string | undefined;
  /** `--seed` */
  readonly seed?: number | string | undefined;
}

/** A scenario after the flags. */
interface Overridden {
  readonly checked: CheckedScenario;
  /** By formatted path: the flag that set what is there. */
  readonly flags: ReadonlyMap<string, string>;
  readonly faults: readonly {
    readonly flag: string;
    readonly message: string;
    readonly hint?: string | undefined;
  }[];
}

export function applyOverrides(scenario: CheckedScenario, overrides: Overrides): Overridden {
  const flags = new Map<string, string>();
  const faults: { flag: string; message: string; hint: string | undefined }[] = [];

  /** The checked value of a flag, `undefined` when it was not given or is wrong. */
  function read<T>(flag: string, schema: z.ZodType<T>, value: unknown, path: Path): T | undefined {
    if (value === undefined) return undefined;
    const result = schema.safeParse(value, { reportInput: true });
    if (result.success) {
      flags.set(formatPath(path), flag);
      return result.data;
    }
    const [fault] = result.error.issues.flatMap((issue) => explainIssue(issue, value));
    if (fault !== undefined) faults.push({ flag, message: fault.message, hint: fault.hint });
    return undefined;
  }

  const load = { ...scenario.load };
  const count = read('-n', requestCount, numeric(overrides.requests), ['load', 'requests']);
  const durationMs = read('-t', duration, withUnit(overrides.durationSec), ['load', 'duration']);
  if (count !== undefined || durationMs !== undefined) {
    load.requests = count;
    load.duration = durationMs;
  }
  load.concurrency =
    read('-c', concurrency, numeric(overrides.concurrency), ['load', 'concurrency']) ?? load.concurrency;
  load.rate = read('--rate', ratePerSec, numeric(overrides.ratePerSec), ['load', 'rate']) ?? load.rate;

  const checked: CheckedScenario = { ...scenario, load };
  const newTarget = read('--target', target, overrides.target, ['target']);
  if (newTarget !== undefined) {
    checked.target = newTarget;
    if (checked.lab !== undefined) {
      checked.lab = undefined;
      checked.algorithms = undefined;
    }
  }
  const port = read('--port', labPort, numeric(overrides.port), ['lab', 'port']);
  if (port !== undefined && checked.lab !== undefined) checked.lab = { ...checked.lab, port };
  const methods = overrides.algorithms?.flatMap(
    (text, index) => read('--algorithm', algorithm, text, ['algorithms', index]) ?? [],
  );
  if (methods !== undefined && methods.length > 0) {
    flags.set('algorithms', '--algorithm');
    checked.algorithms = methods;
  }
  checked.engine = read('--engine', engine, overrides.engine, ['engine']) ?? checked.engine;
  checked.threads = read('--threads', threads, numeric(overrides.threads), ['threads']) ?? checked.threads;
  checked.seed = read('--seed', seed, numeric(overrides.seed), ['seed']) ?? checked.seed;
  const rules = checked.thresholds.slice();
  for (const text of overrides.thresholds ?? []) {
    const rule = read('--threshold', threshold, text, ['thresholds', rules.length]);
    if (rule !== undefined) rules.push({ rule, abortOnFail: false });
  }
  checked.thresholds = rules;
  checked.baseline = read('--baseline', baseline, overrides.baseline, ['baseline']) ?? checked.baseline;
  return { checked, flags, faults };
}

/** A flag's text as the number that a YAML file would have had there; anything else stays for the fault. */
function numeric(value: number | string | undefined): number | string | undefined {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

/** ab's `-t 30` means seconds. */
function withUnit(value: number | string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return /^\d+(\.\d+)?$/.test(String(value)) ? `${value}s` : String(value);
}
