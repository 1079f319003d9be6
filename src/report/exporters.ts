import type { Report } from '../model/report.js';
import { csv } from './csv.js';
import type { ExportFormat } from './export-formats.js';
import { github } from './github.js';
import { json } from './json.js';
import { junit } from './junit.js';
import { markdown } from './markdown.js';
import { otlp } from './metrics/otlp.js';
import { prometheus } from './metrics/prometheus.js';

/** A pure function from a report to text. It opens no file and knows no terminal; what it needs may have to be loaded first. */
export type Exporter = (report: Report) => string | Promise<string>;

/** Its charts take a moment to load, which nobody else should wait for. */
async function html(report: Report): Promise<string> {
  const page = await import('./html/page.js');
  return page.html(report);
}

export type { ExportFormat };

export const exporters = { json, html, markdown, csv, junit, github, prometheus, otlp } satisfies Record<
  ExportFormat,
  Exporter
>;
