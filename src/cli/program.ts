import { Command, CommanderError } from 'commander';
import { version } from '../run/tool.js';
import type { CommandContext } from './command-context.js';
import { ExitCode, exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import { note, print } from './print.js';

const examples = `
Examples:
  lbbench init && lbbench run scenario.yaml     start from a commented scenario
  lbbench run scenario.yaml -n 5000 -c 20       the same load, larger
  lbbench ab -n 1000 -c 10 http://localhost/    as with ab, plus the spread over backends
  lbbench log access.log                        the spread in a log that nginx has written`;

type Define = (program: Command, context: CommandContext) => void;

/** The commands in the order of the help. Each is defined only when it is asked for, or when all are to be named. */
const commands: Readonly<Record<string, () => Promise<Define>>> = {
  run: async () => (await import('./commands/run.js')).runCommand,
  ab: async () => abCommand,
  llm: async () => (await import('./commands/llm.js')).llmCommand,
  try: async () => (await import('./commands/try.js')).tryCommand,
  log: async () => (await import('./commands/log.js')).logCommand,
  report: async () => (await import('./commands/report.js')).reportCommand,
  compare: async () => (await import('./commands/compare.js')).compareCommand,
  simulate: async () => (await import('./commands/simulate.js')).simulateCommand,
  agent: async () => (await import('./commands/agent.js')).agentCommand,
  agents: async () => (await import('./commands/agent.js')).agentsCommand,
  lab: async () => (await import('./commands/lab.js')).labCommand,
  lint: async () => (await import('./commands/lint.js')).lintCommand,
  init: async () => (await import('./commands/init.js')).initCommand,
  check: async () => (await import('./commands/check.js')).checkCommand,
  schema: async () => (await import('./commands/schema.js')).schemaCommand,
  completion: async () => (await import('./commands/completion.js')).completionCommand,
};

/** It has a command line of its own, which `main` hands over untouched; this is its line in the help. */
function abCommand(program: Command): void {
  program.command('ab [flags] <url>').description('drop-in for ab, plus the spread over backends');
}

const codesHelp = `
Exit codes:
${exitCodes.map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}`).join('\n')}`;

/**
 * The program with a command, or with all of them.
 *
 * @param asked first word of the command line
 */
async function programOf(context: CommandContext, asked = ''): Promise<Command> {
  const { io } = context;
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
  const wanted = Object.hasOwn(commands, asked) ? [commands[asked]] : Object.values(commands);
  for (const define of wanted) (await define?.())?.(program, context);
  for (const command of program.commands) command.exitOverride().addHelpText('after', codesHelp);
  return program;
}

/** All that the command line takes, for what is generated from it. */
export function wholeProgram(io: Io): Promise<Command> {
  return programOf({ io, code: ExitCode.pass });
}

export async function runProgram(argv: readonly string[], io: Io): Promise<number> {
  const context: CommandContext = { io, code: ExitCode.pass };
  const program = await programOf(context, argv[0]);
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
