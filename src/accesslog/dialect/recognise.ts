import type { LogFormat } from '../../nginx/log-format.js';
import { matcherFor } from '../scanner/matcher.js';
import { dialects, fieldsOf } from './dialects.js';

/** Sample lines looked at; enough to see several backends, and quick. */
const maxSampleLines = 200;
const lineFeed = 0x0a;

/**
 * The format of the lines in `sample`, which may end in the middle of one: the first of `candidates`, of the formats that
 * dialects know and of those that they make after the lines that at least half of the lines match. `undefined` when there
 * is none.
 */
export function recogniseFormat(
  sample: Uint8Array,
  candidates: readonly LogFormat[] = [],
): LogFormat | undefined {
  const lines = sampleLines(sample);
  if (lines.length === 0) return undefined;
  let best: LogFormat | undefined;
  let bestCount = Math.ceil(lines.length / 2) - 1;
  const consider = (formats: Iterable<LogFormat>) => {
    for (const format of formats) {
      // Nothing matches more lines than all of them.
      if (bestCount === lines.length) return;
      const { backend = [] } = fieldsOf(format);
      const critical = new Set(backend.map((index) => format.variables[index] as string));
      const matcher = matcherFor(format, critical);
      const count = lines.filter((line) => matcher.match(line, 0)).length;
      if (count > bestCount) {
        best = format;
        bestCount = count;
      }
    }
  };
  consider(candidates);
  const texts = lines.map((line) => Buffer.from(line.subarray(0, -1)).toString('utf8').replace(/\r$/, ''));
  for (const dialect of dialects) {
    if (bestCount < lines.length) consider(Object.values(dialect.formats));
    if (bestCount < lines.length) consider(dialect.derive(texts));
  }
  return best;
}

/** Lines with their line feeds; empty ones are no samples. */
function sampleLines(sample: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; lines.length < maxSampleLines; ) {
    const end = sample.indexOf(lineFeed, start);
    if (end < 0) {
      // A log of one line without line feed still tells its format.
      if (lines.length === 0 && start < sample.length)
        lines.push(Buffer.concat([sample.subarray(start), Buffer.of(lineFeed)]));
      break;
    }
    if (end - start > 1) lines.push(sample.subarray(start, end + 1));
    start = end + 1;
  }
  return lines;
}
