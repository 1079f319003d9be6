import type { Command } from 'commander';
import { scenarioJsonSchema } from '../../run/index.js';
import type { CommandContext } from '../program.js';

export function schemaCommand(program: Command, context: CommandContext): void {
  program
    .command('schema')
    .description("print the scenario's JSON Schema, for editors")
    .action(() => {
      context.io.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
    });
}
