import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { makeFolder } from '../../files/make-folder.js';
import { createFile } from '../../files/write-whole.js';
import { LbbenchError } from '../../model/fault.js';
import { scenarioTemplate } from '../../scenario/template.js';
import type { CommandContext } from '../command-context.js';
import { print } from '../print.js';

export function initCommand(program: Command, context: CommandContext): void {
  program
    .command('init [folder]')
    .description('write a commented scenario to start from')
    .action(async (folder = '.') => {
      const path = join(folder, 'scenario.yaml');
      try {
        makeFolder(resolve(context.io.cwd(), folder));
        // What somebody has written is never overwritten.
        createFile(resolve(context.io.cwd(), path), scenarioTemplate);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        throw new LbbenchError('usage', [
          {
            file: path,
            message:
              code === 'EEXIST' ? 'expected no file of this name, got one' : `could not be written (${code})`,
            hint:
              code === 'EEXIST'
                ? 'name another folder: lbbench init FOLDER'
                : 'name a folder you may write to',
          },
        ]);
      }
      await print(context.io, `wrote ${path}; try it: lbbench run ${path}\n`);
    });
}
