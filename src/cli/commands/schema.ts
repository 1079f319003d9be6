import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { print } from '../print.js';

export function schemaCommand(program: Command, context: CommandContext): void {
  program
    .command('schema')
    .description("print the scenario's JSON Schema, for editors")
    .action(async () => {
      const { scenarioJsonSchema } = await import('../../run/scenario-texts.js');
      await print(context.io, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
    });
}
