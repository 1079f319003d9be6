import { readFileSync } from 'node:fs';
import { LbbenchError } from '../model/fault.js';
import type { Report } from '../model/report.js';
import { readReport } from '../report/read-report.js';

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
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LbbenchError('usage', [
      {
        file: name,
        message: `expected a report, got ${code === 'ENOENT' ? 'no such file' : (code ?? 'an error')}`,
        hint: 'lbbench run writes reports to reports/, and with --export-json FILE',
      },
    ]);
  }
  return readReport(text, name);
}
