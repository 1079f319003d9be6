import { Outcome } from '../../model/outcome.js';
import type { Sample } from '../../model/sample.js';
import type { Tally } from '../../tally/tally.js';
import type { LoadJob } from '../load-job.js';
import type { Connection } from './connection.js';

const outcomeNames = Object.fromEntries(
  Object.entries(Outcome).map(([name, outcome]) => [outcome, name]),
) as Record<Outcome, Sample['outcome']>;

/** The request that has just ended on a connection, as a sample. */
export function sampleOf(
  job: LoadJob,
  tally: Tally,
  connection: Connection,
  outcome: Outcome,
  endUs: number,
  originUs: number,
): Sample {
  const { startUs, firstByteUs, parser } = connection;
  const answered = outcome === Outcome.response;
  return {
    index: connection.index,
    request: job.requests[connection.kind]?.name ?? '',
    backend: (answered && tally.cells[connection.cell]?.address) || null,
    retries: answered ? connection.retries.map((cell) => tally.cells[cell]?.address ?? '') : [],
    status: answered ? parser.head.status : null,
    outcome: outcomeNames[outcome],
    start: (startUs - originUs) / 1000,
    wait: Math.max(0, startUs - connection.intendedUs) / 1000,
    connect: answered || !connection.opened ? connection.connectUs / 1000 : null,
    ttfb: firstByteUs < 0 ? null : (firstByteUs - startUs) / 1000,
    service: (endUs - startUs) / 1000,
    bytes: connection.receivedBytes,
  };
}
