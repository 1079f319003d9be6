import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { ExitCode } from '../exit-codes.js';
import { layoutOf } from '../io.js';
import { addExportOptions, exportPaths } from '../output-options.js';
import { type Outputs, withOutputs } from '../outputs.js';
import { print } from '../print.js';

interface ReportOptions {
  readonly color: boolean;
}

export function reportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('report <file>')
    .description('show a saved report again, or turn it into another format; - is stdin');
  addExportOptions(command)
    .option('--no-color', 'no colour')
    .action(async (file: string, options: ReportOptions) => {
      context.code = await withOutputs(context.io, (outputs) => show(file, options, outputs));
    });
}

/** Showing a report judges nothing, so its verdict is no exit code. */
async function show(file: string, options: ReportOptions, outputs: Outputs): Promise<number> {
  const { io } = outputs;
  const { readSavedReport } = await import('../../run/saved-report.js');
  const report = file === '-' ? readSavedReport(0, 'stdin') : readSavedReport(resolve(io.cwd(), file), file);
  const paths = exportPaths(options);
  outputs.openExports(paths);
  await outputs.writeExports(report);
  if (Object.keys(paths).length === 0) {
    const { terminalReport } = await import('../../report/terminal.js');
    await print(io, terminalReport(report, layoutOf(io, options.color)));
  }
  return ExitCode.pass;
}
