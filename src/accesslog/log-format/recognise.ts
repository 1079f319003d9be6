import { knownFormats } from '../../nginx/known-log-formats.js';
import type { LogFormat } from '../../nginx/log-format.js';
import { matcherFor } from '../scanner/matcher.js';
import { recogniseJson, recogniseTabs } from './recognise-fields.js';

/** Sample lines looked at; enough to see several backends, and quick. */
const maxSampleLines = 200;
const lineFeed = 0x0a;

/**
 * The format of the lines in `sample`, which may end in the middle of one: the first of `candidates` and the known
 * formats, or JSON or tab-separated columns, that at least half of the lines match. `undefined` when there is none.
 */
export function recogniseFormat(
  sample: Uint8Array,
  candidates: readonly LogFormat[] = [],
): LogFormat | undefined {
  const lines = sampleLines(sample);
  if (lines.length === 0) return undefined;
  const texts = lines.map((line) => Buffer.from(line.subarray(0, -1)).toString('utf8').replace(/\r$/, ''));
  const derived = [recogniseJson, recogniseTabs].flatMap((recognise) => recognise(texts) ?? []);
  const known = [...candidates, ...Object.values(knownFormats), ...derived];
  let best: LogFormat | undefined;
  let bestCount = Math.ceil(lines.length / 2) - 1;
  for (const format of known) {
    const matcher = matcherFor(format, new Set(['upstream_addr']));
    const count = lines.filter((line) => matcher.match(line, 0)).length;
    if (count > bestCount) {
      best = format;
      bestCount = count;
    }
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
