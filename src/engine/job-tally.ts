import { Tally } from '../tally/tally.js';
import type { LoadJob } from './load-job.js';

/** An empty tally for a job, with a cell for each backend that is expected. */
export function tallyFor(job: LoadJob): Tally {
  const tally = new Tally({
    requestNames: job.requests.map(({ name }) => name),
    open: job.load.model === 'open',
    abColumns: job.abColumns,
  });
  for (const address of job.knownBackends) tally.cellOf(address);
  return tally;
}
