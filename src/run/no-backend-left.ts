import type { Warning } from '../model/warning.js';
import type { Tally } from '../tally/tally.js';

/** Says that requests found no live server, whoever noticed: the client by its header or a reader of the log. */
export function noBackendLeft(tally: Tally): Warning[] {
  if (tally.counters.noBackendLeft === 0) return [];
  return [
    {
      code: 'no-backend-left',
      text: `${tally.counters.noBackendLeft} requests found no backend left: nginx had taken all of them out after failures, or they were at max_conns`,
    },
  ];
}
