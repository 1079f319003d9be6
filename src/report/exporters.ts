import type { Report } from '../model/report.js';
import { json } from './json.js';

/** A pure function from a report to text. It opens no file and knows no terminal. */
export type Exporter = (report: Report) => string;

/** Every `--export-FORMAT`; the command line makes its flags from these names. */
export const exporters = { json } satisfies Record<string, Exporter>;

export type ExportFormat = keyof typeof exporters;
