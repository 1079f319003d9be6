import { readWhole, UnreadableFile } from '../files/read-whole.js';
import { LbbenchError } from '../model/fault.js';
import type { Report } from '../model/report.js';
import { readReport } from '../report/read-report.js';

/** A long run with a thousand backends writes some tens of megabytes. */
const mostBytes = 100_000_000;

/**
 * Reads a report that a run has written.
 *
 * @param path a file, or a file descriptor (0 is stdin)
 * @param name what to call it in messages
 * @throws LbbenchError when it cannot be read or is not a report of this version
 */
export function readSavedReport(path: string | number, name: string): Report {
  let text: string;
  try {
    text = readWhole(path, mostBytes).toString();
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw new LbbenchError('usage', [
      {
        file: name,
        message: `expected a report, got ${error.found}`,
        hint: 'lbbench run writes reports to reports/, and with --export-json FILE',
      },
    ]);
  }
  return readReport(text, name);
}
