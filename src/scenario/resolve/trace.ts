import type { Trace } from '../../model/llm.js';
import type { Path } from '../place.js';
import { readTraceFile } from '../trace-file.js';
import type { ResolveContext } from './context.js';

/** The trace that a scenario names, as far as it is needed. */
export function readTrace(
  file: string,
  speed: number,
  requests: number | undefined,
  at: Path,
  { files, faults }: ResolveContext,
): Trace | undefined {
  let isRead = true;
  return readTraceFile({
    file,
    speed,
    requests,
    eachPiece: (take) => {
      isRead = files.eachPiece(file, at, take);
    },
    onFault: ({ line, message, hint }) => {
      if (line !== undefined) faults.addElsewhere({ file: files.resolve(file), line, message, hint });
      else if (isRead) faults.add({ path: at, blame: 'value', message, hint });
    },
  });
}
