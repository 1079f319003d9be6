import { readFileSync } from 'node:fs';
import type { Io } from './io.js';

/**
 * Runs one command line and settles with its exit code. Commands are loaded when they are asked for, so that
 * `--version` starts as fast as Node does.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  // A reader that goes away (`| head`) ends the output, not the run.
  io.stdout.on('error', () => {});
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    const file = new URL('../../package.json', import.meta.url);
    io.stdout.write(`${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}\n`);
    return 0;
  }
  const { reportFault } = await import('./fault-report.js');
  try {
    if (argv[0] === 'ab') {
      const { abCommand } = await import('./commands/ab.js');
      return await abCommand(argv.slice(1), io);
    }
    const { runProgram } = await import('./program.js');
    return await runProgram(argv, io);
  } catch (error) {
    return reportFault(error, io);
  }
}
