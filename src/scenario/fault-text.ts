import type { Fault } from '../model/fault.js';
import { sanitize } from '../text/sanitize.js';

/** As paths go on Linux. */
const longestName = 4096;

/**
 * A fault on one line, the file's name without what would act on a terminal, its hint on a second:
 *
 *     scenario.yaml:12:9  load.concurrency: expected an integer of at least 1, got "ten"
 *         hint: …
 */
export function faultText({ file, line, column, path, message, hint }: Fault): string {
  const name = file && sanitize(file, longestName);
  const place = name === undefined ? '' : [name, line, column].filter((part) => part !== undefined).join(':');
  const where = [place, path === undefined || path === '' ? '' : `${path}:`].filter(Boolean);
  const head = where.length === 2 ? `${where[0]}  ${where[1]} ` : where.length === 1 ? `${where[0]} ` : '';
  const separator = where.length === 1 && place !== '' ? ' ' : '';
  return `${head}${separator}${message}${hint === undefined ? '' : `\n    hint: ${hint}`}`;
}
