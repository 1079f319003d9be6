import type { Command } from 'commander';
import { LbbenchError } from '../../model/fault.js';
import type { LintReport } from '../../model/lint.js';
import type { CommandContext } from '../command-context.js';
import { ExitCode } from '../exit-codes.js';
import { type Io, layoutOf } from '../io.js';
import { type Outputs, withOutputs } from '../outputs.js';
import { print } from '../print.js';

interface LintOptions {
  readonly strict?: boolean;
  readonly nginxVersion?: string;
  readonly exportJson?: string;
  readonly exportSarif?: string;
  readonly quiet?: boolean;
  readonly color: boolean;
}

/** Where most packages of nginx have it. */
const usualFile = '/etc/nginx/nginx.conf';
/** As much as a configuration may have in all its files. */
const maxStdinCharacters = 64 * 1024 * 1024;

const notes = `
Examples:
  lbbench lint nginx.conf              with everything that it includes
  nginx -T | lbbench lint -            the configuration that nginx itself finds
  lbbench lint conf.d/backend.conf     a piece alone: what lies around it is not seen

Exit codes: 0 no error was found, 1 one was (--strict: or a warning), 2 the configuration cannot be read.
A line that ends in "# lbbench-disable-line RULE" is not complained of.`;

export function lintCommand(program: Command, context: CommandContext): void {
  program
    .command('lint [file]')
    .description(`what in an nginx configuration spoils the spread; - is stdin (default: ${usualFile})`)
    .option('--strict', 'fail on warnings too')
    .option(
      '--nginx-version <version>',
      'of the nginx that runs it (1.31.5); without it, defaults before 1.29.7',
    )
    .option('--export-json <file>', 'write the findings as JSON; - is stdout')
    .option('--export-sarif <file>', 'write the findings as SARIF 2.1.0, for code review; - is stdout')
    .option('--quiet', 'no findings on the terminal')
    .option('--no-color', 'no colour')
    .addHelpText('after', notes)
    .action(async (file: string | undefined, options: LintOptions) => {
      context.code = await withOutputs(context.io, (outputs) => run(file, options, outputs));
    });
}

async function run(file: string | undefined, options: LintOptions, outputs: Outputs): Promise<number> {
  const { io } = outputs;
  const json = outputs.open('--export-json', options.exportJson);
  const sarif = outputs.open('--export-sarif', options.exportSarif);
  const { lintConfig } = await import('../../run/lint.js');
  const report = lintConfig({
    source: file === '-' ? { text: await stdinText(io) } : { file: file ?? usualFile },
    nginxVersion: options.nginxVersion,
  });
  if (json !== undefined) {
    const { jsonText } = await import('../../report/json.js');
    await json.write(jsonText(report));
  }
  if (sarif !== undefined) {
    const { lintSarif } = await import('../../report/lint/sarif.js');
    await sarif.write(lintSarif(report));
  }
  if (options.quiet !== true && !outputs.takeStdout) {
    const { lintText } = await import('../../report/lint/text.js');
    await print(io, lintText(report, layoutOf(io, options.color)));
  }
  return codeOf(report, options.strict === true);
}

function codeOf({ findings }: LintReport, isStrict: boolean): number {
  const fails = findings.some(({ severity }) => severity === 'error' || (isStrict && severity === 'warning'));
  return fails ? ExitCode.fail : ExitCode.pass;
}

async function stdinText({ stdin }: Io): Promise<string> {
  let text = '';
  stdin.setEncoding('utf8');
  for await (const chunk of stdin) {
    text += chunk;
    if (text.length > maxStdinCharacters)
      throw fault(`expected at most ${maxStdinCharacters} characters, got more`);
  }
  if (text.trim() === '') throw fault('expected an nginx configuration, got nothing');
  return text;
}

function fault(message: string): LbbenchError {
  return new LbbenchError('usage', [
    { file: 'stdin', message, hint: 'nginx -T prints a whole configuration; it may need the rights of root' },
  ]);
}
