import { Command, CommanderError } from 'commander';
import { version } from '../run/tool.js';
import type { CommandContext } from './command-context.js';
import { agentCommand, agentsCommand } from './commands/agent.js';
import { checkCommand } from './commands/check.js';
import { compareCommand } from './commands/compare.js';
import { initCommand } from './commands/init.js';
import { labCommand } from './commands/lab.js';
import { lintCommand } from './commands/lint.js';
import { llmCommand } from './commands/llm.js';
import { logCommand } from './commands/log.js';
import { reportCommand } from './commands/report.js';
import { runCommand } from './commands/run.js';
import { schemaCommand } from './commands/schema.js';
import { simulateCommand } from './commands/simulate.js';
import { tryCommand } from './commands/try.js';
import { ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import { note, print } from './print.js';

const examples = `
Examples:
  lbbench init && lbbench run scenario.yaml     start from a commented scenario
  lbbench run scenario.yaml -n 5000 -c 20       the same load, larger
  lbbench ab -n 1000 -c 10 http://localhost/    as with ab, plus the spread over backends
  lbbench log access.log                        the spread in a log that nginx has written`;

export async function runProgram(argv: readonly string[], io: Io): Promise<number> {
  const context: CommandContext = { io, code: ExitCode.pass };
  const program = new Command('lbbench')
    .description('Load-test an nginx balancer and see how evenly it really loads its backends')
    .version(version, '-V, --version')
    .addHelpText('after', examples)
    .showHelpAfterError('(lbbench --help lists the commands and flags)')
    .configureOutput({
      writeOut: (text) => void print(io, text),
      writeErr: (text) => note(io, text),
    })
    .exitOverride();
  runCommand(program, context);
  // ab has a command line of its own, which main() hands over untouched; this is its line in the help.
  program.command('ab [flags] <url>').description('drop-in for ab, plus the spread over backends');
  llmCommand(program, context);
  tryCommand(program, context);
  logCommand(program, context);
  reportCommand(program, context);
  compareCommand(program, context);
  simulateCommand(program, context);
  agentCommand(program, context);
  agentsCommand(program, context);
  labCommand(program, context);
  lintCommand(program, context);
  initCommand(program, context);
  checkCommand(program, context);
  schemaCommand(program, context);
  for (const command of program.commands) command.exitOverride();
  if (argv.length === 0) {
    note(io, program.helpInformation() + examples.concat('\n'));
    return ExitCode.usage;
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return context.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.pass : ExitCode.usage;
    throw error;
  }
}
