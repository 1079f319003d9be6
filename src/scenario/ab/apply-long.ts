import { parseHeaderName } from '../grammar/http-field.js';
import type { Applied } from './apply-flag.js';
import { refusal } from './apply-flag.js';
import type { AbDraft } from './draft.js';
import { exportFormats } from './options.js';
import type { LongOptions } from './scan.js';
import { wholeNumber } from './values.js';

const maxThreads = 256;

/** What lbbench has and ab has not. */
export const longOptions: LongOptions = {
  ...Object.fromEntries(exportFormats.map((format) => [`export-${format}`, true])),
  samples: true,
  reports: true,
  threads: true,
  'attribution-header': true,
  log: true,
  'log-format': true,
  'verify-tls': false,
  'ab-compat': false,
  quiet: false,
  'no-color': false,
  help: false,
  version: false,
};

/** Puts one long option into the draft. `help` and `version` are not for here. */
export function applyLong(draft: AbDraft, name: string, value: string): Applied {
  const format = exportFormats.find((each) => name === `export-${each}`);
  if (format !== undefined) {
    draft.exports = { ...draft.exports, [format]: value };
    return undefined;
  }
  switch (name) {
    case 'samples':
      draft.samplesFile = value;
      return undefined;
    case 'reports':
      draft.reportsDir = value;
      return undefined;
    case 'threads':
      return applyThreads(draft, value);
    case 'attribution-header':
      return applyAttributionHeader(draft, value);
    case 'log':
      draft.logFile = value;
      return undefined;
    case 'log-format':
      draft.logFormat = value;
      return undefined;
    case 'verify-tls':
      draft.tls = { ...draft.tls, verify: true };
      return undefined;
    case 'ab-compat':
      draft.print.compat = true;
      return undefined;
    case 'quiet':
      draft.quiet = true;
      draft.print.progress = false;
      return undefined;
    case 'no-color':
      draft.color = false;
      return undefined;
    default:
      throw new Error(`expected a long option, got ${name}`);
  }
}

function applyThreads(draft: AbDraft, value: string): Applied {
  const number = wholeNumber(value);
  if (number === undefined || number < 1 || number > maxThreads) {
    return refusal('--threads', `expected a whole number from 1 to ${maxThreads}`);
  }
  draft.threads = number;
  return undefined;
}

function applyAttributionHeader(draft: AbDraft, value: string): Applied {
  const parsed = parseHeaderName(value);
  if (!parsed.ok) return refusal('--attribution-header', parsed.message);
  draft.attributionHeader = parsed.value.toLowerCase();
  return undefined;
}
