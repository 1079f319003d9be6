import type { LogFormat } from '../../nginx/log-format.js';
import { matcherFor } from '../scanner/matcher.js';
import { Scanner } from '../scanner/scanner.js';
import { PieceJoiner } from '../wrapping/pieces.js';
import { Unwrapper } from '../wrapping/unwrapper.js';
import { dialects, fieldsOf } from './dialects.js';

/** Sample lines looked at; enough to see several backends, and quick. */
const maxSampleLines = 200;
/** Formats that one log is believed to have. */
const maxFormats = 8;
const lineFeed = 0x0a;

/**
 * The formats of the lines in `sample`, whatever is around them; it may end in the middle of one. Of `candidates` and the
 * formats that dialects know it is the one that most lines match, of the lines left the next one, and so on; after lines of
 * none of them dialects make one, which enough of these must match. Those of most lines come first.
 */
export function recogniseFormats(sample: Uint8Array, candidates: readonly LogFormat[] = []): LogFormat[] {
  const scanner = new Scanner();
  let left = sampleLines(sample).map(layersOf);
  const found: Found[] = [];
  while (left.length > 0 && found.length < maxFormats) {
    const best = bestOf(known(candidates), left, () => 1, scanner) ?? derived(left, scanner);
    if (best === undefined) break;
    found.push(best);
    left = left.filter((_, index) => !best.matches[index]);
  }
  return found.sort((one, other) => other.count - one.count).map(({ format }) => format);
}

function* known(candidates: readonly LogFormat[]): Generator<LogFormat> {
  yield* candidates;
  for (const { formats } of dialects) yield* Object.values(formats);
}

/** A format that a dialect makes after the lines, as they are or without some of the layers around them. */
function derived(lines: readonly Layers[], scanner: Scanner): Found | undefined {
  for (let layer = 0; lines.some((layers) => layers.length > layer); layer++) {
    const texts = lines.map((layers) => textOf(layers[Math.min(layer, layers.length - 1)] as Uint8Array));
    // nginx's, the first one, takes any JSON with names that it knows.
    for (const dialect of dialects.toReversed()) {
      const best = bestOf(dialect.derive(texts), lines, leastOf, scanner);
      if (best !== undefined) return best;
    }
  }
  return undefined;
}

function textOf(line: Uint8Array): string {
  return Buffer.from(line.subarray(0, -1)).toString('utf8').replace(/\r$/, '');
}

/** A line as it is, and without one more of the layers around it in each, down to the innermost. */
type Layers = readonly Uint8Array[];

function layersOf(whole: Uint8Array): Layers {
  const line = new Unwrapper();
  line.begin(whole, 0, whole.length);
  const layers = [whole];
  while (line.open()) layers.push(line.bytes());
  return layers;
}

interface Found {
  readonly format: LogFormat;
  readonly matches: readonly boolean[];
  readonly count: number;
}

/** Names tell what is in an object, but what is in a column is a guess that most lines must bear out. */
function leastOf({ object }: LogFormat, lines: number): number {
  return object === undefined ? Math.ceil(lines / 2) : 1;
}

/** The first format that most lines match. @param least how many of how many must */
function bestOf(
  formats: Iterable<LogFormat>,
  lines: readonly Layers[],
  least: (format: LogFormat, lines: number) => number,
  scanner: Scanner,
): Found | undefined {
  let best: Found | undefined;
  for (const format of formats) {
    const { backend = [] } = fieldsOf(format);
    const critical = new Set(backend.map((index) => format.variables[index] as string));
    const matcher = matcherFor(scanner, format, critical);
    const matches = lines.map((layers) => layers.some((line) => matcher.match(line, 0)));
    const count = matches.filter((isMatch) => isMatch).length;
    if (count >= Math.max(least(format, lines.length), (best?.count ?? 0) + 1))
      best = { format, matches, count };
    // Nothing matches more lines than all of them.
    if (count === lines.length) break;
  }
  return best;
}

/** Lines with their line feeds, from the first to the last one; empty ones are no samples. */
function sampleLines(sample: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  const pieces = new PieceJoiner();
  for (let start = 0; ; ) {
    const end = sample.indexOf(lineFeed, start);
    if (end < 0) {
      // A log of one line without line feed still tells its format.
      if (lines.length === 0 && start < sample.length)
        lines.push(Buffer.concat([sample.subarray(start), Buffer.of(lineFeed)]));
      break;
    }
    const piece = end - start > 1 ? pieces.take(sample, start, end + 1) : 'held';
    if (piece === 'whole') lines.push(sample.subarray(start, end + 1));
    else if (piece !== 'held' && piece.end > 0) lines.push(piece.bytes.subarray(0, piece.end));
    start = end + 1;
  }
  if (lines.length <= maxSampleLines) return lines;
  return Array.from(
    { length: maxSampleLines },
    (_, i) => lines[Math.floor((i * (lines.length - 1)) / (maxSampleLines - 1))] as Uint8Array,
  );
}
