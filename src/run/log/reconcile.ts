import { formatQuantity } from '../../figures/format.js';
import type { BackendReport, Reconciliation } from '../../model/report.js';
import type { TallyFigures } from '../tally-figures.js';
import { answered, givenUpStatus, type RunLogReading } from './run-log.js';

/**
 * Sets the client's view of a run, by response headers, beside the log's, and names every difference.
 *
 * @param logged the backends as the log has them, without requests that the client gave up
 */
export function reconcile(
  { file, result, waitedMs }: Extract<RunLogReading, { readonly waitedMs: number }>,
  header: Pick<TallyFigures, 'backends' | 'outcomes'>,
  logged: readonly BackendReport[],
): Reconciliation {
  const hasStatus = result.format.variables.includes('status');
  const givenUp = hasStatus
    ? (result.groups.find(({ key }) => key === givenUpStatus)?.tally.responses ?? 0)
    : undefined;
  const seen = new Map(header.backends.map((backend) => [backend.address, backend]));
  const known = new Map(logged.map((backend) => [backend.address, backend]));
  const backends = [...new Set([...known.keys(), ...seen.keys()])].map((address) => ({
    address,
    headerCount: seen.get(address)?.count ?? 0,
    logCount: known.get(address)?.count ?? 0,
    headerRetries: seen.get(address)?.retries ?? 0,
    logRetries: known.get(address)?.retries ?? 0,
  }));
  const facts: Omit<Reconciliation, 'differences'> = {
    log: file,
    clientResponses: header.outcomes.responses,
    logLines: result.selected,
    givenUp,
    notProxied: result.tally.counters.notProxied,
    unmatched: result.unmatched.count,
    backends,
  };
  return { ...facts, differences: differencesOf(facts, answered(result), waitedMs) };
}

function differencesOf(
  facts: Omit<Reconciliation, 'differences'>,
  answeredLines: number,
  waitedMs: number,
): string[] {
  const { clientResponses, givenUp, unmatched, backends } = facts;
  const differences: string[] = [];
  const missing = clientResponses - answeredLines;
  if (missing > 0) {
    differences.push(
      `${missing} of ${clientResponses} responses have no line in the log after waiting ${(waitedMs / 1000).toFixed(1)} s (buffered, dropped by if=, or logged elsewhere)`,
    );
  } else if (missing < 0) {
    differences.push(`the log has ${formatQuantity(-missing, 'request')} more than the client got responses`);
  }
  if (givenUp !== undefined && givenUp > 0) {
    differences.push(
      `${formatQuantity(givenUp, 'request')} given up by the client before nginx answered (status ${givenUpStatus})`,
    );
  }
  if (unmatched > 0) differences.push(`${formatQuantity(unmatched, 'line')} could not be read`);
  // Without any header there is nothing to differ from.
  const hasHeader = backends.some(({ headerCount }) => headerCount > 0);
  for (const { address, headerCount, logCount, headerRetries, logRetries } of backends) {
    if (hasHeader && headerCount !== logCount)
      differences.push(`${address} served ${headerCount} by the header and ${logCount} by the log`);
    if (hasHeader && headerRetries !== logRetries)
      differences.push(
        `${address} failed ${headerRetries} attempts by the header and ${logRetries} by the log`,
      );
  }
  return differences;
}
