import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';

export function checkCommand(program: Command, context: CommandContext): void {
  program
    .command('check <scenario>')
    .description('validate a scenario and say what a run would do')
    .action(async (file: string) => {
      const { readScenario } = await import('../../run/scenario-file.js');
      const { checkText } = await import('../../run/scenario-texts.js');
      const { plan, warnings } = readScenario(file);
      for (const { text } of warnings) context.io.stderr.write(`${file}: warning: ${text}\n`);
      context.io.stdout.write(checkText(plan, file));
    });
}
