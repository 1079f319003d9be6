import type { Trace } from '../../model/llm.js';
import { shown } from '../../text/shown.js';
import { LineCutter, mostPartBytes } from '../long-file.js';
import type { Path } from '../place.js';
import { mostRows, TraceGatherer } from '../trace-file.js';
import type { ResolveContext } from './context.js';

/** Faults of one file that are told. */
const maxFaults = 5;

/**
 * Reads a trace, as far as it is needed.
 *
 * @param requests how many of its requests are wanted; all when left out
 * @param speed divides the times between requests
 */
export function readTrace(
  file: string,
  speed: number,
  requests: number | undefined,
  at: Path,
  { files, faults }: Pick<ResolveContext, 'files' | 'faults'>,
): Trace | undefined {
  const gatherer = new TraceGatherer();
  let faulty = 0;
  let isFull = false;
  const elsewhere = (line: number, message: string, hint?: string): boolean => {
    faulty += 1;
    faults.addElsewhere({ file: files.resolve(file), line, message, hint });
    return faulty < maxFaults;
  };
  const cutter = new LineCutter((text, line) => {
    if (gatherer.rows >= (requests ?? Number.POSITIVE_INFINITY)) return false;
    isFull = gatherer.rows >= mostRows;
    if (isFull) return false;
    const fault = gatherer.add(text);
    // Without columns no line can be read.
    return fault === undefined || (elsewhere(line, fault.message, fault.hint) && line > 1);
  });
  if (!files.eachPiece(file, at, (piece) => cutter.push(piece))) return undefined;
  if (cutter.tooLongAt !== undefined) {
    elsewhere(cutter.tooLongAt, `expected a line of at most ${mostPartBytes} bytes, got a longer one`);
  } else if (faulty === 0) cutter.end();
  if (faulty > 0) return undefined;
  if (gatherer.rows > 0 && !isFull) return gatherer.trace(file, speed);
  const wrong = isFull
    ? `expected at most ${mostRows} requests, got more in ${shown(file)}`
    : `expected at least one request, got none in ${shown(file)}`;
  const hint = isFull ? 'take a part of it: load.requests' : undefined;
  faults.add({ path: at, blame: 'value', message: wrong, hint });
  return undefined;
}
