import type { AbDisplay } from '../../model/ab-figures.js';
import { closestTo } from '../../text/closest.js';
import { shown } from '../../text/shown.js';
import { type Credentials, parseTargetUrl } from '../grammar/target-url.js';
import { type AbFlag, abFlags, ownFlags } from './flags.js';
import {
  type AbDraft,
  type AbOptions,
  type AbPrintDraft,
  type AbRefusal,
  emptyDraft,
  programName,
  refusal,
} from './options.js';

/** What a command line of `lbbench ab` asks for. */
export type AbInvocation =
  | { readonly kind: 'run'; readonly options: AbOptions }
  /** `-h`: for stdout. */
  | { readonly kind: 'help'; readonly text: string }
  /** `-V`: the banner, in HTML after `-w`. */
  | { readonly kind: 'version'; readonly html: boolean }
  | AbRefusal;

const seeHelp = `${programName} -h lists the flags`;

/**
 * Reads everything after `lbbench ab`. As ab does, it reads from left to right and stops at the first fault,
 * `-h` or `-V`, in ab's words where ab has words for it. Reads no files.
 *
 * @param exportFormats what `--export-…` can write
 */
export function parseAbArguments(argv: readonly string[], exportFormats: readonly string[]): AbInvocation {
  const own = ownFlags(exportFormats);
  const flags = new Map([...abFlags, ...own].map((flag) => [flag.name, flag]));
  const draft = emptyDraft();
  const operands: string[] = [];
  for (const argument of scan(argv, flags)) {
    switch (argument.kind) {
      case 'operand':
        operands.push(argument.text);
        break;
      case 'illegal': {
        const closest = closestTo(
          argument.name.replace(/^-|=.*$/gs, ''),
          own.map(({ name }) => name),
        );
        const isLong = argument.name.startsWith('-') && closest !== undefined;
        return refusal(
          `illegal option -- ${argument.name}`,
          `${isLong ? `did you mean --${closest}? ` : ''}${seeHelp}`,
        );
      }
      case 'missing':
        return refusal(`option requires an argument -- ${argument.name}`, seeHelp);
      case 'flag': {
        const stop = argument.flag.apply(draft, argument.value);
        if (stop?.kind === 'help') return { kind: 'help', text: abUsage(own) };
        if (stop?.kind === 'version') return { kind: 'version', html: draft.print.html };
        if (stop !== undefined) return stop;
        break;
      }
    }
  }
  const [url, ...others] = operands;
  if (url === undefined || others.length > 0) {
    return refusal(`wrong number of arguments: expected one URL, got ${operands.length || 'none'}`, seeHelp);
  }
  return finished(draft, url);
}

/** One thing on the command line, in the order given. */
type ScannedArgument =
  | { readonly kind: 'flag'; readonly flag: AbFlag; readonly value: string }
  | { readonly kind: 'operand'; readonly text: string }
  | { readonly kind: 'illegal'; readonly name: string }
  | { readonly kind: 'missing'; readonly name: string };

/**
 * Splits a command line by getopt's rules: `-kc 10`, `-n10`, `-n 10`, `--` ends the options. Beyond getopt,
 * long options take `--name value` or `--name=value`, and options may follow the URL.
 */
function scan(argv: readonly string[], flags: ReadonlyMap<string, AbFlag>): ScannedArgument[] {
  const found: ScannedArgument[] = [];
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '--') {
      found.push(...rest.map((text) => ({ kind: 'operand', text }) as const));
      break;
    }
    if (argument.startsWith('--')) found.push(scanLong(argument.slice(2), rest, flags));
    else if (argument.startsWith('-') && argument !== '-')
      found.push(...scanCluster(argument.slice(1), rest, flags));
    else found.push({ kind: 'operand', text: argument });
  }
  return found;
}

/** Letters up to the first that takes a value: the rest of the cluster, or else the next argument. */
function scanCluster(cluster: string, rest: string[], flags: ReadonlyMap<string, AbFlag>): ScannedArgument[] {
  const found: ScannedArgument[] = [];
  for (const [index, letter] of [...cluster].entries()) {
    const flag = flags.get(letter);
    if (flag?.argument !== undefined) {
      const value = [...cluster].slice(index + 1).join('') || rest.shift();
      found.push(value === undefined ? { kind: 'missing', name: letter } : { kind: 'flag', flag, value });
      return found;
    }
    found.push(flag === undefined ? { kind: 'illegal', name: letter } : { kind: 'flag', flag, value: '' });
  }
  return found;
}

function scanLong(text: string, rest: string[], flags: ReadonlyMap<string, AbFlag>): ScannedArgument {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  const flag = name.length === 1 ? undefined : flags.get(name);
  const takesValue = flag?.argument !== undefined;
  if (flag === undefined || (!takesValue && equals !== -1)) return { kind: 'illegal', name: `-${text}` };
  if (!takesValue) return { kind: 'flag', flag, value: '' };
  const value = equals === -1 ? rest.shift() : text.slice(equals + 1);
  return value === undefined ? { kind: 'missing', name: `-${name}` } : { kind: 'flag', flag, value };
}

/** The checks that ab makes once it has seen all flags, in its order; then those of flags that ab has not. */
function finished(draft: AbDraft, text: string): AbInvocation {
  const parsed = parseTargetUrl(/^https?:\/\//i.test(text) ? text : `http://${text}`);
  if (!parsed.ok) return refusal(`invalid URL: ${parsed.message}`, parsed.hint);
  // ab wants at least a slash after the host.
  if (parsed.value.path === undefined) {
    const { shownUrl } = parsed.value;
    return refusal(`invalid URL: expected a path, got ${shown(shownUrl)}`, `write ${shownUrl}/`);
  }
  if (draft.concurrency > draft.requests) {
    return refusal(
      'Cannot use concurrency level greater than total number of requests',
      `write -n ${draft.concurrency} or more, or a lower -c`,
    );
  }
  const clash = clashOf(draft);
  if (clash !== undefined) return clash;
  const url = { ...parsed.value, path: parsed.value.path };
  const { print, ...asked } = draft;
  return {
    kind: 'run',
    options: {
      ...asked,
      url,
      method: draft.method ?? 'GET',
      credentials: draft.credentials ?? credentialsIn(url.credentials),
      display: {
        ...displayOf(print, draft.keepAlive, draft.requests),
        sharesAreGuessed: draft.expected === undefined && draft.confFile === undefined,
      },
      notes: [...new Set(draft.notes)],
    },
  };
}

/** What cannot be asked together, or not alone. */
function clashOf({ logFormat, logFile, expected, confFile, upstream }: AbDraft): AbRefusal | undefined {
  if (logFormat !== undefined && logFile === undefined)
    return refusal('--log-format: expected a log beside it: --log FILE');
  if (upstream !== undefined && confFile === undefined)
    return refusal('--upstream: expected a configuration beside it: --conf FILE');
  if (expected !== undefined && confFile !== undefined)
    return refusal('--expect: expected one of --expect and --conf, got both');
  return undefined;
}

function credentialsIn(given: Credentials | undefined): string | undefined {
  return given === undefined ? undefined : `${given.user}:${given.password}`;
}

function displayOf(print: AbPrintDraft, keepAlive: boolean, requests: number): AbDisplay {
  const { percentages, estimators, variableLength, compat, table, row, cell } = print;
  return {
    percentages,
    estimators,
    variableLength,
    keepAlive,
    compat,
    html: print.html ? { table, row, cell } : undefined,
    progressEvery: print.progress ? progressEvery(requests) : undefined,
  };
}

/** A line every tenth of the requests, but at most every 100; none for 150 requests or fewer. */
function progressEvery(requests: number): number | undefined {
  return requests > 150 ? Math.max(100, Math.floor(requests / 10)) : undefined;
}

/** ab's usage text, then the options that only lbbench has. */
function abUsage(own: readonly AbFlag[]): string {
  return [
    `Usage: ${programName} [options] [http[s]://]hostname[:port]/path`,
    'Options are:',
    ...abFlags.flatMap(usageLines),
    'Options that ab does not have:',
    ...own.flatMap(usageLines),
    '',
  ].join('\n');
}

const indent = 4;
const helpColumn = 20;

/** The flag and the first line of its help where both fit, else the help below it. */
function usageLines({ name, argument, help }: AbFlag): string[] {
  const [first, ...others] = help;
  if (first === undefined) return [];
  const flag = [name.length === 1 ? `-${name}` : `--${name}`, argument]
    .filter((part) => part !== undefined)
    .join(' ');
  const head = ' '.repeat(indent) + flag;
  const margin = ' '.repeat(helpColumn);
  return head.length < helpColumn
    ? [head.padEnd(helpColumn) + first, ...others.map((line) => margin + line)]
    : [head, ...help.map((line) => margin + line)];
}
