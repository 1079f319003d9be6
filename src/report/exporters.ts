import type { Report } from '../model/report.js';
import { csv } from './csv.js';
import { json } from './json.js';
import { junit } from './junit.js';
import { markdown } from './markdown.js';

/** A pure function from a report to text. It opens no file and knows no terminal. */
export type Exporter = (report: Report) => string;

/** Every `--export-FORMAT`; the command line makes its flags from these names. */
export const exporters = { json, markdown, csv, junit } satisfies Record<string, Exporter>;

export type ExportFormat = keyof typeof exporters;
