import { readFileSync } from 'node:fs';
import { LbbenchError } from '../model/fault.js';
import { faultText } from '../scenario/fault-text.js';
import { codeOfFault, ExitCode } from './exit-codes.js';
import { type Io, write } from './io.js';
import { note, print } from './print.js';

/**
 * Runs one command line and settles with its exit code. Commands are loaded when they are asked for, so that
 * `--version` starts as fast as Node does.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let lost: string | undefined;
  // A reader that goes away (`| head`, a terminal that is closed) ends the output, not the run.
  io.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE' && !(code === 'EIO' && io.stdout.isTTY)) lost = code;
  });
  io.stderr.on('error', () => {});
  io.on('uncaughtException', (error) => crash(error, io));
  const code = await command(argv, io);
  // An error of the last text written is known once this one, which is empty, has been taken.
  await write(io.stdout, '');
  if (lost === undefined) return code;
  note(io, `stdout: expected to be written, got ${lost}\n`);
  return ExitCode.usage;
}

/** What is thrown where nobody catches it, in a socket's callback for one, leaves nothing to go on with. */
function crash(error: unknown, io: Io): never {
  return io.exit(reportFault(error, io));
}

async function command(argv: readonly string[], io: Io): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    const file = new URL('../../package.json', import.meta.url);
    await print(io, `${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}\n`);
    return 0;
  }
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

/**
 * Prints a failure and returns its exit code. What was not expected is a bug: it keeps its stack, and must not end with
 * Node's 1, which would tell a script that a threshold failed.
 */
function reportFault(error: unknown, io: Io): number {
  if (!(error instanceof LbbenchError)) {
    const text = error instanceof Error ? error.stack : String(error);
    note(io, `lbbench failed in a way it should not; please report this:\n${text}\n`);
    return ExitCode.unmeasurable;
  }
  for (const fault of error.faults) note(io, `${faultText(fault)}\n`);
  return codeOfFault[error.kind];
}
