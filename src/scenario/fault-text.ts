import type { Fault } from '../model/fault.js';

/**
 * A fault on one line, its hint on a second:
 *
 *     scenario.yaml:12:9  load.concurrency: expected an integer of at least 1, got "ten"
 *         hint: …
 */
export function faultText({ file, line, column, path, message, hint }: Fault): string {
  const place = file === undefined ? '' : [file, line, column].filter((part) => part !== undefined).join(':');
  const where = [place, path === undefined || path === '' ? '' : `${path}:`].filter(Boolean);
  const head = where.length === 2 ? `${where[0]}  ${where[1]} ` : where.length === 1 ? `${where[0]} ` : '';
  const separator = where.length === 1 && place !== '' ? ' ' : '';
  return `${head}${separator}${message}${hint === undefined ? '' : `\n    hint: ${hint}`}`;
}
