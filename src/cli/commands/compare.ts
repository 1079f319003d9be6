import { resolve } from 'node:path';
import type { Command } from 'commander';
import { thresholdAnnotations } from '../../report/github.js';
import type { CommandContext } from '../command-context.js';
import { codeOfVerdict } from '../exit-codes.js';
import { collect } from '../flag-values.js';
import { publish } from '../github-actions.js';
import { isGithubActions, layoutOf } from '../io.js';
import { type Outputs, withOutputs } from '../outputs.js';
import { print } from '../print.js';

interface CompareOptions {
  readonly threshold?: string[];
  readonly exportJson?: string;
  readonly exportMarkdown?: string;
  readonly quiet?: boolean;
  readonly color: boolean;
}

const notes = `
The first report is the baseline. A change is called better or worse only where chance would show it less than
1 time in 100: by the rounds of both sides (repeat: 3 or more), else by the requests of one run each.

Examples:
  lbbench compare reports/main.json reports/branch.json
  lbbench compare main.json branch.json --threshold 'p99 <= baseline * 1.1' --threshold 'rps >= baseline * 0.9'`;

export function compareCommand(program: Command, context: CommandContext): void {
  program
    .command('compare <baseline> <report...>')
    .description('saved reports side by side, with what changed and what may be chance')
    .option(
      '--threshold <rule>',
      'rule that decides the exit code ("p99 <= baseline * 1.1"); repeatable',
      collect,
    )
    .option('--export-json <file>', 'write the comparison as JSON; - is stdout')
    .option('--export-markdown <file>', 'write the comparison as Markdown; - is stdout')
    .option('--quiet', 'nothing on the terminal')
    .option('--no-color', 'no colour')
    .addHelpText('after', notes)
    .action(async (baseline: string, others: string[], options: CompareOptions) => {
      context.code = await withOutputs(context.io, (outputs) => run([baseline, ...others], options, outputs));
    });
}

async function run(files: readonly string[], options: CompareOptions, outputs: Outputs): Promise<number> {
  const { io } = outputs;
  const json = outputs.open('--export-json', options.exportJson);
  const markdown = outputs.open('--export-markdown', options.exportMarkdown);
  const [{ readSavedReport }, { compare }] = await Promise.all([
    import('../../run/saved-report.js'),
    import('../../run/compare/compare.js'),
  ]);
  const reports = files.map((file) => ({ file, report: readSavedReport(resolve(io.cwd(), file), file) }));
  const comparison = compare(reports, options.threshold ?? []);
  if (json !== undefined) {
    const { jsonText } = await import('../../report/json.js');
    await json.write(jsonText(comparison));
  }
  if (markdown !== undefined) {
    const { comparisonMarkdown } = await import('../../report/markdown.js');
    await markdown.write(comparisonMarkdown(comparison));
  }
  if (options.quiet !== true && !outputs.takeStdout) {
    const { comparisonText } = await import('../../report/terminal.js');
    await print(io, comparisonText(comparison, layoutOf(io, options.color)));
  }
  if (isGithubActions(io)) {
    const { comparisonMarkdown } = await import('../../report/markdown.js');
    publish(io, thresholdAnnotations(comparison.thresholds), comparisonMarkdown(comparison));
  }
  return codeOfVerdict(comparison.verdict);
}
