import type { Fault } from '../../../model/fault.js';
import type { Checked } from '../../../nginx/config/checked.js';
import { type Directive, directivesNamed } from '../../../nginx/config/directive.js';
import { knownFormats } from '../../../nginx/known-log-formats.js';
import { compileLogFormat, type EscapeMode, escapeModes, type LogFormat } from '../../../nginx/log-format.js';
import { shown } from '../../../text/shown.js';

/** The log formats of a configuration. */
export interface ConfigFormats {
  /** By name, `combined` among them. */
  readonly formats: ReadonlyMap<string, LogFormat>;
  /** Names of the formats that `access_log` lines use, by the path as written; `combined` where none is named. */
  readonly formatNamesOf: ReadonlyMap<string, ReadonlySet<string>>;
  /** Faults of formats that cannot be compiled, by name: they matter only where such a format is asked for. */
  readonly faultsOf: ReadonlyMap<string, Fault>;
}

/** Reads every `log_format` and `access_log` of a configuration whose includes are expanded. */
export function configFormats(directives: readonly Directive[]): ConfigFormats {
  const formats = new Map<string, LogFormat>([['combined', knownFormats.combined as LogFormat]]);
  const faultsOf = new Map<string, Fault>();
  for (const { args, at } of directivesNamed(directives, 'log_format')) {
    const [name = '', ...words] = args;
    const mode = escapeOf(words[0]);
    if (typeof mode === 'object') {
      faultsOf.set(name, { ...at, ...mode });
      continue;
    }
    // nginx joins the strings of a format as they are.
    const text = (words[0]?.startsWith('escape=') ? words.slice(1) : words).join('');
    const format = compileLogFormat(text, mode);
    if (format.ok) formats.set(name, format.value);
    else
      faultsOf.set(name, { ...at, path: `log_format ${name}`, message: format.message, hint: format.hint });
  }
  const formatNamesOf = new Map<string, Set<string>>();
  for (const { args } of directivesNamed(directives, 'access_log')) {
    const [path = '', second] = args;
    if (path === 'off') continue;
    // `gzip`, `buffer=` and the like may stand where the name is left out only behind it.
    const name = second === undefined || second.includes('=') ? 'combined' : second;
    formatNamesOf.set(path, (formatNamesOf.get(path) ?? new Set()).add(name));
  }
  return { formats, formatNamesOf, faultsOf };
}

function escapeOf(word: string | undefined): EscapeMode | Pick<Fault, 'message' | 'hint'> {
  if (word?.startsWith('escape=') !== true) return 'default';
  const mode = escapeModes.find((known) => word === `escape=${known}`);
  return (
    mode ?? {
      message: `expected escape=default, escape=json or escape=none, got ${shown(word)}`,
      hint: 'nginx takes no other',
    }
  );
}

/** The format of that name, or why there is none. */
export function formatNamed({ formats, faultsOf }: ConfigFormats, name: string): Checked<LogFormat> {
  const format = formats.get(name);
  if (format !== undefined) return { ok: true, value: format };
  const fault = faultsOf.get(name) ?? {
    path: '--log-name',
    message: `expected the name of a log_format in the configuration, got ${shown(name)}`,
    hint: `the configuration has ${[...formats.keys()].map((known) => shown(known)).join(', ')}`,
  };
  return { ok: false, faults: [fault] };
}
