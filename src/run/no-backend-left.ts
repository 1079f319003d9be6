import type { Warning } from '../model/warning.js';
import type { Tally } from '../tally/tally.js';

/**
 * Says that requests found no live server, whoever noticed: the client by its header or a reader of the log.
 *
 * @param balancer who found none, where it is known not to be nginx
 */
export function noBackendLeft(tally: Tally, balancer = 'nginx'): Warning[] {
  if (tally.counters.noBackendLeft === 0) return [];
  return [
    {
      code: 'no-backend-left',
      text: `${tally.counters.noBackendLeft} requests found no backend left: ${balancer === 'nginx' ? 'nginx had taken all of them out after failures, or they were at max_conns' : `${balancer} had taken all of them out, or none had room`}`,
    },
  ];
}
