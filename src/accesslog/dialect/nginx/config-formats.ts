import type { Fault } from '../../../model/fault.js';
import type { Parsed } from '../../../model/parsed.js';
import type { Checked } from '../../../nginx/config/checked.js';
import { type Directive, directivesNamed } from '../../../nginx/config/directive.js';
import { parseConfig } from '../../../nginx/config/parse.js';
import { knownFormats } from '../../../nginx/known-log-formats.js';
import { compileLogFormat, type EscapeMode, escapeModes, type LogFormat } from '../../../nginx/log-format.js';
import { unescaped } from '../../../nginx/tokens.js';
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
    const format = formatOf(words);
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

/** The format of a `log_format` directive's words behind its name. @param told escaping where they do not say */
function formatOf(words: readonly string[], told?: EscapeMode): Parsed<LogFormat> {
  const [, written] = /^escape=(.*)$/s.exec(words[0] ?? '') ?? [];
  const mode = escapeModes.find((known) => known === written);
  if (written !== undefined && mode === undefined) {
    return {
      ok: false,
      message: `expected escape=default, escape=json or escape=none, got ${shown(words[0] ?? '')}`,
      hint: 'nginx takes no other',
    };
  }
  // nginx joins the strings of a format as they are.
  return compileLogFormat((written === undefined ? words : words.slice(1)).join(''), mode ?? told);
}

/**
 * Reads the text of a format: as it stands between the quotes of a configuration, or as the whole directive that it was
 * pasted from (`log_format x '…' '…';`), or the strings of one.
 */
export function compilePasted(text: string, told: EscapeMode | undefined): Parsed<LogFormat> {
  const directive = /^\s*log_format\s/.test(text)
    ? text
    : /^\s*'/.test(text)
      ? `log_format x ${text}`
      : undefined;
  if (directive === undefined) return compileLogFormat(unescaped(text), told);
  const parsed = parseConfig(`${directive.trim().replace(/;$/, '')};`);
  if (!parsed.ok) return { ok: false, message: parsed.faults[0]?.message ?? '', hint: pasteHint };
  const [only, ...others] = parsed.value;
  if (only?.name !== 'log_format' || only.block !== undefined || others.length > 0)
    return { ok: false, message: `expected one log_format, got ${shown(text, 80)}`, hint: pasteHint };
  return formatOf(only.args.slice(1), told);
}

const pasteHint = "give one directive (log_format x '…' '…';), or the configuration with --conf nginx.conf";

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
