import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Runs a tool and reads its own figures.
 *
 * @returns requests a second, and CPU time of the whole process per request in microseconds
 */
export async function measure({ command, read }) {
  // bash's own `time`: user and system seconds of the command and all its threads, behind everything else on stderr.
  const timed = ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', ...command];
  const { stdout, stderr } = await run('bash', timed, { maxBuffer: 64 * 1024 * 1024 });
  const [user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
  const { requests, perSec } = read(stdout);
  if (!(requests > 0 && perSec > 0))
    throw new Error(`${command[0]} printed no figures:\n${stdout}\n${stderr}`);
  return { perSec, cpuUs: ((user + system) / requests) * 1e6 };
}
