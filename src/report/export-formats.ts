/** What a report can be exported as. Every one is a flag `--export-FORMAT`. */
export const exportFormats = [
  'json',
  'html',
  'markdown',
  'csv',
  'junit',
  'github',
  'prometheus',
  'otlp',
] as const;

export type ExportFormat = (typeof exportFormats)[number];
