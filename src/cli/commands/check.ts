import type { Command } from 'commander';
import { hiding } from '../../text/secrets.js';
import type { CommandContext } from '../command-context.js';
import { note, print } from '../print.js';

export function checkCommand(program: Command, context: CommandContext): void {
  program
    .command('check <scenario>')
    .description('validate a scenario and say what a run would do')
    .action(async (file: string) => {
      const { readScenario } = await import('../../run/scenario-file.js');
      const { checkText } = await import('../../scenario/check-text.js');
      const { plan, warnings } = readScenario(file);
      for (const { text } of warnings) note(context.io, `${file}: warning: ${text}\n`);
      await print(context.io, hiding(plan.secrets ?? [])(checkText(plan, file)));
    });
}
