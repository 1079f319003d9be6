import { PassThrough, Writable } from 'node:stream';
import type { Io } from '../../src/cli/io.js';
import { main } from '../../src/cli/main.js';

/** What a command line ended with. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line inside this process, in a folder of its own. */
export async function lbbench(
  cwd: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const io = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env,
    cwd: () => cwd,
    on: () => {},
    off: () => {},
    exit: (code: number) => {
      throw new Error(`exit ${code}`);
    },
  } as unknown as Io;
  const code = await main(argv, io);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Sink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}
