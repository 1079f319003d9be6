import type { Command } from 'commander';
import { exitCodes } from './exit-codes.js';

/** The command line as a page of Markdown: every command, argument, flag and exit code. */
export function reference(program: Command): string {
  const codes = exitCodes.map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return [
    '# The command line',
    'Made from the definitions of the commands; `lbbench COMMAND --help` says the same, with examples.',
    '## Exit codes',
    `| code | meaning |\n|---:|---|\n${codes.join('\n')}`,
    ...program.commands.map(commandText),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

function commandText(command: Command): string {
  const flags = command.options.map(
    ({ flags, description, defaultValue }) =>
      `| ${code(flags)} | ${cell(description)} | ${typeof defaultValue === 'string' ? code(defaultValue) : ''} |`,
  );
  return [
    `## lbbench ${command.name()}`,
    `    lbbench ${command.name()} ${command.usage()}`,
    `${sentence(command.description())}`,
    ...(flags.length === 0 ? [] : [`| flag | | default |\n|---|---|---|\n${flags.join('\n')}`]),
  ].join('\n\n');
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const code = (text: string) => `\`${text.replaceAll('|', '\\|')}\``;
