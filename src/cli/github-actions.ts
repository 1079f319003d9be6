import { appendFileSync } from 'node:fs';
import type { Io } from './io.js';
import { note } from './print.js';

/** GitHub refuses a step's summary above 1 MiB as a whole. */
const mostSummaryBytes = 1_000_000;

/**
 * Shows a result where people look for it on GitHub: annotations (on stderr, where the runner finds them as well
 * as on stdout, which belongs to the result) and the job's summary. A summary that cannot be written is said, and no reason to fail.
 */
export function publish(io: Io, annotations: string, markdown: string): void {
  io.stderr.write(annotations);
  const path = io.env.GITHUB_STEP_SUMMARY;
  if (path === undefined || path === '') return;
  try {
    appendFileSync(path, fitting(markdown));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    note(io, `warning: the summary could not be written to GITHUB_STEP_SUMMARY (${code})\n`);
  }
}

function fitting(markdown: string): string {
  const bytes = Buffer.from(markdown);
  if (bytes.length <= mostSummaryBytes) return markdown;
  const cut = bytes.lastIndexOf('\n', mostSummaryBytes);
  return `${bytes.subarray(0, cut).toString()}\n\nThe rest did not fit; the report has it.\n`;
}
