import { readPieces, UnreadableFile } from '../../files/read-whole.js';
import { type Fault, LbbenchError } from '../../model/fault.js';
import type { Trace } from '../../model/llm.js';
import type { Warning } from '../../model/warning.js';
import type { KeyRequest } from '../../nginx/variables.js';
import { readTraceFile } from '../../scenario/trace-file.js';
import { shown } from '../../text/shown.js';
import type { SimulatedAlgorithm } from './algorithms.js';
import type { InferenceServers } from './inference-lane.js';
import { needsHeaders, variablesOf } from './key-variables.js';

/** Requests to language models, as a service has had them. */
export interface TraceSource {
  readonly trace: string;
  /** How many of them, from the first; `undefined` for all. */
  readonly requests: number | undefined;
  /** Divides the times between them. */
  readonly speed: number;
  readonly servers: InferenceServers;
}

/** @throws LbbenchError when it cannot be read, with the faults of its lines */
export function openTrace({ trace: file, requests, speed }: TraceSource): Trace {
  const faults: Fault[] = [];
  const trace = readTraceFile({
    ...{ file, speed, requests },
    eachPiece: (take) => {
      try {
        readPieces(file, take);
      } catch (error) {
        if (!(error instanceof UnreadableFile)) throw error;
        const message = `expected a readable file, got ${shown(file)}: ${error.message}`;
        throw new LbbenchError('usage', [{ path: '--trace', message }]);
      }
    },
    onFault: ({ line, message, hint }) => {
      faults.push(line === undefined ? { path: '--trace', message, hint } : { file, line, message, hint });
    },
  });
  if (trace === undefined) throw new LbbenchError('usage', faults);
  return trace;
}

/**
 * A request of a trace as the key of a hash sees it. A trace knows no sessions: where it tells which prompts begin alike,
 * the second block stands for the session (the first is mostly a system prompt that all have), else every request has one of its own.
 */
export function tracedRequest({ blocks }: Trace, row: number): KeyRequest {
  const start = blocks === undefined || row === 0 ? 0 : (blocks.ends[row - 1] as number);
  const end = blocks?.ends[row] ?? start;
  const session = blocks === undefined || end === start ? row : blocks.ids[Math.min(start + 1, end - 1)];
  return {
    method: 'POST',
    uri: '/v1/chat/completions',
    headers: { 'x-session-id': String(session) },
    remoteAddress: '127.0.0.1',
  };
}

const sessionVariable = 'http_x_session_id';

/** What a trace does not tell and an algorithm looks at. */
export function traceWarnings({ blocks, file }: Trace, algorithms: readonly SimulatedAlgorithm[]): Warning[] {
  const looked = algorithms.flatMap((algorithm) =>
    variablesOf(algorithm).map((variable) => ({ name: algorithm.name, variable })),
  );
  const warnings: Warning[] = [];
  const tell = (name: string, text: string) =>
    warnings.push({ code: 'configuration', text: `${name}: ${text}` });
  for (const { name, variable } of looked) {
    if (variable === sessionVariable) {
      if (blocks === undefined) {
        tell(
          name,
          `${shown(file)} does not say which prompts begin alike, so every request has a session of its own`,
        );
      }
    } else if (needsHeaders(variable))
      tell(name, `a trace has no headers but X-Session-Id, so $${variable} is empty`);
    else if (variable.endsWith('remote_addr')) tell(name, 'all requests of a trace come from 127.0.0.1');
    else tell(name, `all requests of a trace ask for the same, so $${variable} is one key`);
  }
  if (blocks === undefined) {
    warnings.push({
      code: 'not-measured',
      text: `${shown(file)} does not say what prompts have in common, so nothing of them is found in a cache`,
    });
  }
  return warnings;
}
