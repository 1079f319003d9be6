import type { AbDisplay } from '../../model/ab-figures.js';
import { type Credentials, parseTargetUrl } from '../grammar/target-url.js';
import { flags, refusal, withUsage } from './apply-flag.js';
import { applyLong, longOptions } from './apply-long.js';
import { type AbDraft, type AbPrintDraft, emptyDraft } from './draft.js';
import type { AbOptions, AbRefusal } from './options.js';
import { scan } from './scan.js';
import { programName, usage } from './usage.js';

/** What a command line of `lbbench ab` asks for. */
export type AbInvocation =
  | { readonly kind: 'run'; readonly options: AbOptions }
  /** `-h`: for stdout. */
  | { readonly kind: 'help'; readonly text: string }
  /** `-V`: the banner, in HTML after `-w`. */
  | { readonly kind: 'version'; readonly html: boolean }
  | AbRefusal;

const wrongCount = 'wrong number of arguments';

/**
 * Reads everything after `lbbench ab`. As ab does, it reads from left to right and stops at the first fault,
 * `-h` or `-V`, in ab's words where ab has words for it. Reads no files.
 */
export function parseAbArguments(argv: readonly string[]): AbInvocation {
  const draft = emptyDraft();
  const operands: string[] = [];
  for (const argument of scan(argv, longOptions)) {
    switch (argument.kind) {
      case 'operand':
        operands.push(argument.text);
        break;
      case 'illegal':
        return complaint('illegal option', argument.name, usage);
      case 'missing':
        return complaint('option requires an argument', argument.name, withUsage(wrongCount).text);
      case 'flag': {
        const stop = applyFlag(draft, argument.letter, argument.value);
        if (stop !== undefined) return stop;
        break;
      }
      case 'long': {
        const stop = applyLongOption(draft, argument.name, argument.value ?? '');
        if (stop !== undefined) return stop;
        break;
      }
    }
  }
  const [url, ...others] = operands;
  if (url === undefined || others.length > 0) return withUsage(wrongCount);
  return finished(draft, url);
}

function complaint(what: string, name: string, rest: string): AbRefusal {
  // The name is the user's own text, but a terminal need not obey it.
  const safe = name.replace(/\p{C}/gu, '?');
  return { kind: 'refused', text: `${programName}: ${what} -- ${safe}\n${rest}` };
}

function applyFlag(draft: AbDraft, letter: string, value: string): AbInvocation | undefined {
  if (letter === 'h') return { kind: 'help', text: usage };
  if (letter === 'V') return { kind: 'version', html: draft.print.html };
  const apply = flags[letter];
  if (apply === undefined) throw new Error(`expected a flag of ab, got ${letter}`);
  return apply(draft, value);
}

function applyLongOption(draft: AbDraft, name: string, value: string): AbInvocation | undefined {
  if (name === 'help') return { kind: 'help', text: usage };
  if (name === 'version') return { kind: 'version', html: draft.print.html };
  return applyLong(draft, name, value);
}

/** The checks that ab makes once it has seen all flags, in its order. */
function finished(draft: AbDraft, text: string): AbInvocation {
  const parsed = parseTargetUrl(/^https?:\/\//i.test(text) ? text : `http://${text}`);
  // ab wants at least a slash after the host.
  if (!parsed.ok || parsed.value.path === undefined) return withUsage('invalid URL');
  if (draft.concurrency > draft.requests) {
    return withUsage('Cannot use concurrency level greater than total number of requests');
  }
  if (draft.logFormat !== undefined && draft.logFile === undefined) {
    return refusal('--log-format', 'expected a log beside it: --log FILE');
  }
  const url = { ...parsed.value, path: parsed.value.path };
  const { print, ...asked } = draft;
  return {
    kind: 'run',
    options: {
      ...asked,
      url,
      method: draft.method ?? 'GET',
      credentials: draft.credentials ?? credentialsIn(url.credentials),
      display: displayOf(print, draft.keepAlive, draft.requests),
      notes: [...new Set(draft.notes)],
    },
  };
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
