import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { makeFolder } from '../../files/make-folder.js';
import { createFile } from '../../files/write-whole.js';
import { LbbenchError } from '../../model/fault.js';
import { scenarioTemplate } from '../../scenario/template.js';
import type { CommandContext } from '../command-context.js';
import { ExitCode } from '../exit-codes.js';
import { interruptible } from '../interrupt.js';
import type { Io } from '../io.js';
import { print } from '../print.js';

interface InitOptions {
  readonly target?: string;
  readonly nginxConf?: string;
  readonly upstream?: string;
}

export function initCommand(program: Command, context: CommandContext): void {
  program
    .command('init [folder]')
    .description('write a commented scenario to start from')
    .option(
      '--target <url>',
      'for a balancer that runs: asks it once, shows who answered, and writes what is there',
    )
    .option('--nginx-conf <file>', 'its nginx configuration, for the weights of its backends')
    .option('--upstream <name>', 'which upstream block of it, where there are several')
    .action(async (folder: string | undefined, options: InitOptions) => {
      context.code = await init(folder ?? '.', options, context.io);
    });
}

async function init(folder: string, options: InitOptions, io: Io): Promise<number> {
  const path = join(folder, 'scenario.yaml');
  const { result, wasInterrupted } = await interruptible(io, (signal) => scenarioFor(options, io, signal));
  if (wasInterrupted || result === undefined) return ExitCode.interrupted;
  try {
    makeFolder(resolve(io.cwd(), folder));
    // What somebody has written is never overwritten.
    createFile(resolve(io.cwd(), path), result.text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LbbenchError('usage', [
      {
        file: path,
        message:
          code === 'EEXIST' ? 'expected no file of this name, got one' : `could not be written (${code})`,
        hint:
          code === 'EEXIST' ? 'name another folder: lbbench init FOLDER' : 'name a folder you may write to',
      },
    ]);
  }
  const lines = [...result.seen, `wrote ${path}; try it: lbbench run ${path}`];
  await print(io, lines.map((line) => `${line}\n`).join(''));
  return ExitCode.pass;
}

async function scenarioFor({ target, nginxConf, upstream }: InitOptions, io: Io, signal: AbortSignal) {
  if (target === undefined) {
    const alone = nginxConf === undefined ? upstream && '--upstream' : '--nginx-conf';
    if (alone !== undefined)
      throw LbbenchError.usage(
        alone,
        'expected a target beside it, got none',
        'add --target http://127.0.0.1:8080',
      );
    return { text: scenarioTemplate, seen: [] };
  }
  const { foundScenario } = await import('../../run/found-scenario.js');
  const conf = nginxConf === undefined ? undefined : resolve(io.cwd(), nginxConf);
  return foundScenario({ target, nginxConf: conf, upstream, signal });
}
