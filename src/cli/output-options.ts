import type { Command } from 'commander';
import { type ExportFormat, exportFormats } from '../report/export-formats.js';

/** What every command that makes a report takes. */
export interface OutputOptions {
  readonly quiet?: boolean;
  readonly color: boolean;
  readonly reports: string;
}

export function addExportOptions(command: Command): Command {
  for (const format of exportFormats)
    command.option(`--export-${format} <file>`, `write the report as ${format}; - is stdout`);
  return command;
}

export function addOutputOptions(command: Command): Command {
  return addExportOptions(command)
    .option('--quiet', 'no progress and no report on the terminal')
    .option('--no-color', 'no colour')
    .option('--reports <folder>', 'where reports are written', 'reports');
}

/** The files of the `--export-…` flags, by format. */
export function exportPaths(options: object): Partial<Record<ExportFormat, string>> {
  const values = options as Record<string, string | undefined>;
  const paths: Partial<Record<ExportFormat, string>> = {};
  for (const format of exportFormats) {
    const path = values[`export${format[0]?.toUpperCase()}${format.slice(1)}`];
    if (path !== undefined) paths[format] = path;
  }
  return paths;
}
