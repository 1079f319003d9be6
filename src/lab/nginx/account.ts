import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Two for each request in flight: 10,000 of them, and some to spare. */
const mostConnections = 32_768;

/**
 * How many connections an nginx worker may be given: as many as the open files it may have. More would only make
 * nginx warn.
 */
export async function workerConnections(): Promise<number> {
  const limit = await run('sh', ['-c', 'ulimit -n'], { timeout: 5_000 }).then(
    ({ stdout }) => Number(stdout),
    () => Number.NaN,
  );
  // `unlimited` is not a number.
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, mostConnections) : mostConnections;
}

/**
 * The account for nginx's workers: our own when we are root, because the one that nginx would change to cannot open the
 * lab's files and sockets. `undefined` when nginx cannot change it anyway, or its name is not a plain word.
 */
export function workerAccount(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const { username } = userInfo();
  return /^[a-z_][a-z0-9_-]{0,31}$/i.test(username) ? username : undefined;
}
