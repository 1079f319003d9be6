import { speaksTls } from '../engine/dial.js';
import { Outcome } from '../model/outcome.js';
import type { Plan } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import type { Tally } from '../tally/tally.js';

/**
 * Says so when the target speaks TLS and was spoken to without: servers answer that with 400, or close the connection. Asked of
 * it only when nothing else came of the run.
 */
export async function wrongScheme({ target }: Plan, tally: Tally): Promise<Warning[]> {
  const { ended, responses } = tally;
  const refused = tally.statusCounts()['400'] ?? 0;
  const broken =
    tally.countOf(Outcome.reset) + tally.countOf(Outcome.closed) + tally.countOf(Outcome.malformed);
  const isSuspect = ended > 0 && refused === responses && refused + broken === ended;
  if (target === undefined || !isSuspect || !(await speaksTls(target))) return [];
  const url = target.url.replace(/^http:/, 'https:');
  return [{ code: 'wrong-scheme', text: `the target speaks TLS on this port: write ${url}` }];
}
