import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { print } from '../print.js';

export function schemaCommand(program: Command, context: CommandContext): void {
  program
    .command('schema')
    .description("print the scenario's JSON Schema, for editors")
    .option('--report', "the report's instead, for programs that read it")
    .action(async ({ report }: { readonly report?: boolean }) => {
      const schema = report === true ? await reportSchema() : await scenarioSchema();
      await print(context.io, `${JSON.stringify(schema, null, 2)}\n`);
    });
}

async function scenarioSchema(): Promise<object> {
  const { scenarioJsonSchema } = await import('../../scenario/schema/scenario.js');
  return scenarioJsonSchema();
}

async function reportSchema(): Promise<object> {
  const { reportJsonSchema } = await import('../../report/read-report.js');
  return reportJsonSchema();
}
