import { type LlmFlags, setLlmFlags } from './llm-flags.js';
import { formatPath, type Path } from './place.js';

/**
 * What the flags of `lbbench run` change. Everything may be given as typed; it is checked by the rules of the
 * scenario's keys, because it takes their place.
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
  /** `--wire` */
  readonly wire?: string | undefined;
  /** `--threads` */
  readonly threads?: number | string | undefined;
  /** `--threshold`, repeatable. Added to the scenario's. */
  readonly thresholds?: readonly string[] | undefined;
  /** `--port`: of the lab's balancer. */
  readonly port?: number | string | undefined;
  /** `lbbench run URL`: the same as a target, where there is no scenario. */
  readonly url?: string | undefined;
  /** `--expect`: `127.0.0.1:8001=3,127.0.0.1:8002=1`. Replaces the scenario's. */
  readonly expect?: string | undefined;
  /** `--header`, repeatable: `Name: value`. Added to the scenario's, replacing one of the same name. */
  readonly headers?: readonly string[] | undefined;
  /** `--warmup`: requests (100) or a time (5s). */
  readonly warmup?: number | string | undefined;
  /** `--repeat` */
  readonly repeat?: number | string | undefined;
  /** `--insecure` */
  readonly insecure?: boolean | undefined;
  /** `--baseline`, a full path. */
  readonly baseline?: string | undefined;
  /** `--from-log`: requests come from elsewhere, and what the scenario says of them and of how many there are does not count. */
  readonly fromLog?: boolean | undefined;
  /** `--seed` */
  readonly seed?: number | string | undefined;
  /** `lbbench llm`: the requests and their load. */
  readonly llm?: LlmFlags | undefined;
}

/** A scenario's plain value after the flags, not yet checked. */
export interface Edited {
  readonly value: unknown;
  /** By formatted path: the flag that set what is there. */
  readonly flags: ReadonlyMap<string, string>;
}

/** What a log says in place of a scenario. */
const saidByLogs: readonly Path[] = [
  ['requests'],
  ['data'],
  ['load', 'requests'],
  ['load', 'duration'],
  ['load', 'rate'],
  ['load', 'arrivals'],
  ['load', 'stages'],
];

/** Puts what the flags say where the file would have said it. */
export function withFlags(raw: unknown, overrides: Overrides): Edited {
  const edits = new Edits(raw);
  const { requests, durationSec, target, algorithms, thresholds = [], headers = [] } = overrides;
  if (requests !== undefined || durationSec !== undefined)
    edits.remove(['load', 'requests'], ['load', 'duration']);
  if (overrides.fromLog === true) {
    edits.remove(...saidByLogs);
    // What stands for the log's own times, until it is read: its load is open.
    edits.set('--from-log', ['load', 'rate'], 1);
  }
  const hasLab = isMap(raw) && Object.hasOwn(raw, 'lab');
  if (target !== undefined && hasLab) edits.remove(['lab'], ['algorithms']);
  edits.set('-n', ['load', 'requests'], numeric(requests));
  edits.set('-t', ['load', 'duration'], withUnit(durationSec));
  edits.set('-c', ['load', 'concurrency'], numeric(overrides.concurrency));
  edits.set('--rate', ['load', 'rate'], numeric(overrides.ratePerSec));
  edits.set('--warmup', ['load', 'warmup'], numeric(overrides.warmup));
  edits.set('URL', ['target'], overrides.url);
  edits.set('--target', ['target'], target);
  edits.set('--insecure', ['insecure'], overrides.insecure);
  edits.set('--expect', ['expect'], overrides.expect);
  for (const line of headers) edits.setField('--header', ['headers'], ...fieldOf(line));
  if (hasLab) edits.set('--port', ['lab', 'port'], numeric(overrides.port));
  edits.set('--algorithm', ['algorithms'], algorithms);
  edits.set('--engine', ['engine'], overrides.engine);
  edits.set('--wire', ['load', 'wire'], overrides.wire);
  edits.set('--threads', ['threads'], numeric(overrides.threads));
  edits.set('--repeat', ['repeat'], numeric(overrides.repeat));
  edits.set('--seed', ['seed'], numeric(overrides.seed));
  edits.set('--baseline', ['baseline'], overrides.baseline);
  if (overrides.llm !== undefined) setLlmFlags(edits, overrides.llm);
  edits.set('--api-key-env', ['auth', 'bearerEnv'], overrides.llm?.apiKeyEnv);
  for (const rule of thresholds) edits.append('--threshold', ['thresholds'], rule);
  return edits;
}

/** Edits on a copy of a plain value. What stands in the way of one, because it is no map or list, is replaced. */
export class Edits implements Edited {
  readonly value: object;
  readonly flags = new Map<string, string>();

  constructor(raw: unknown) {
    this.value = isMap(raw) ? structuredClone(raw) : {};
  }

  remove(...paths: readonly Path[]): void {
    for (const path of paths) Reflect.deleteProperty(this.#parentOf(path), path.at(-1) ?? '');
  }

  /** `undefined` when the flag was not given. */
  set(flag: string, path: Path, value: unknown): void {
    if (value === undefined) return;
    Reflect.set(this.#parentOf(path), path.at(-1) ?? '', value);
    this.flags.set(formatPath(path), flag);
  }

  append(flag: string, path: Path, value: unknown): void {
    const parent = this.#parentOf(path);
    const key = path.at(-1) ?? '';
    const before: unknown = Reflect.get(parent, key);
    const list: unknown[] = Array.isArray(before) ? before : [];
    Reflect.set(parent, key, list);
    this.set(flag, [...path, list.length], value);
  }

  /** Sets what a map has by a name in whatever case. */
  setField(flag: string, path: Path, name: string, value: string): void {
    const map = this.#parentOf([...path, name]);
    const same = Object.keys(map).filter((key) => key.toLowerCase() === name.toLowerCase());
    this.remove(...same.map((key) => [...path, key]));
    this.set(flag, [...path, name], value);
  }

  #parentOf(path: Path): object {
    let parent: object = this.value;
    for (const [index, step] of path.slice(0, -1).entries()) {
      const inner: unknown = Reflect.get(parent, step);
      const empty = typeof path[index + 1] === 'number' ? [] : {};
      const next = typeof inner === 'object' && inner !== null ? inner : empty;
      Reflect.set(parent, step, next);
      parent = next;
    }
    return parent;
  }
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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

/** `Name: value`. What has no name is not shown: it may be a credential. */
function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return colon < 0
    ? ['a line without a colon', '']
    : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}
