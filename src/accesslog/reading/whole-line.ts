import type { LogFormat } from '../../nginx/log-format.js';
import { shapeOf } from '../log-format/shape.js';
import { upstreamMeaningOf } from '../log-format/upstream-meaning.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { textOf } from './text-value.js';

/**
 * Whether a line that matched is certainly whole although its line feed is missing: the format's last text stands at
 * its end, or a last value that would not be one with a byte less, or backends and pools that are known.
 *
 * @param sockets addresses of the pool that look like lists
 */
export function isWholeLine(
  format: LogFormat,
  buffer: Uint8Array,
  { starts, ends }: LineMatcher,
  sockets: readonly string[],
  isKnown: (name: string) => boolean,
): boolean {
  if ((format.literals.at(-1) as Uint8Array).length > 0) return true;
  const last = format.variables.length - 1;
  const name = format.variables[last] as string;
  const [start, end] = [starts[last] as number, ends[last] as number];
  if (name === 'upstream_addr') {
    const text = textOf(buffer, start, end, format.escape);
    // No address begins like that.
    if (text === '-') return true;
    const meaning = upstreamMeaningOf(text, sockets);
    if (meaning?.kind !== 'served' && meaning?.kind !== 'none-left') return false;
    const { attempts, pool } = meaning;
    const names = pool === undefined ? attempts : [...attempts.slice(0, -1), pool];
    return names.every((one) => one !== undefined && isKnown(one));
  }
  const { selfDelimiting, isValue } = shapeOf(name, format.escape);
  const text = Buffer.from(buffer.subarray(start, end)).toString('latin1');
  return selfDelimiting === true && text !== '' && isValue?.(text) === true;
}
