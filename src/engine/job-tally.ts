import { Tally, type TallyShape } from '../tally/tally.js';
import type { LoadJob } from './load-job.js';

/** What a tally for a job keeps apart. */
export function shapeFor({ requests, load, abColumns }: LoadJob): TallyShape {
  return {
    requestNames: requests.map(({ name }) => name),
    open: load.model === 'open',
    abColumns,
    ...(load.stages && { stages: load.stages.length }),
  };
}

/** An empty tally for a job, with a cell for each backend that is expected. */
export function tallyFor(job: LoadJob): Tally {
  const tally = new Tally(shapeFor(job));
  for (const address of job.knownBackends) tally.cellOf(address);
  return tally;
}
