import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wholeProgram } from '../../src/cli/program.js';
import { reference } from '../../src/cli/reference.js';

describe('the reference of the command line', () => {
  it('is what the commands are defined as; `npx vitest run test/cli --update` writes it anew', async () => {
    const page = resolve(import.meta.dirname, '../../docs/reference.md');
    await expect(reference(await wholeProgram(process))).toMatchFileSnapshot(page);
  });

  it('names a flag once in a command', async () => {
    for (const command of (await wholeProgram(process)).commands) {
      const words = command.options.flatMap(({ short, long }) => [short, long]).filter(Boolean);
      expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
    }
  });
});
