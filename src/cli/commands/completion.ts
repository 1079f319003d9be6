import { Argument, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { print } from '../print.js';

export function completionCommand(program: Command, context: CommandContext): void {
  program
    .command('completion')
    .description('print what completes commands and flags in a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  source <(lbbench completion bash)                                    in ~/.bashrc
  source <(lbbench completion zsh)                                     in ~/.zshrc
  lbbench completion fish > ~/.config/fish/completions/lbbench.fish    once`,
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { wholeProgram } = await import('../program.js');
      const { completion } = await import('../completion.js');
      await print(context.io, completion[shell](await wholeProgram(context.io)));
    });
}
