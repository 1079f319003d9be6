import type { WriteStream } from 'node:tty';
import type { TerminalOptions } from '../report/terminal.js';

/** Ctrl-C, `kill`, and a terminal that is closed. */
export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** What a command touches of the process it runs in; `process` itself is one. */
export interface Io {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  cwd(): string;
  on(event: InterruptSignal, listener: () => void): unknown;
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  off(event: InterruptSignal, listener: () => void): unknown;
  exit(code: number): never;
}

/** Width that text without a terminal is laid out for. */
const plainWidth = 100;

/** Colour only for a terminal; `--no-color`, NO_COLOR and TERM=dumb switch it off (no-color.org). */
export function wantsColor(io: Io, flag: boolean, stream: Pick<WriteStream, 'isTTY'> = io.stdout): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = io.env;
  if (!flag || (NO_COLOR !== undefined && NO_COLOR !== '')) return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0' && FORCE_COLOR !== '') return true;
  return stream.isTTY === true && TERM !== 'dumb';
}

/** True inside a GitHub Actions job. */
export function isGithubActions({ env }: Pick<Io, 'env'>): boolean {
  return env.GITHUB_ACTIONS === 'true';
}

/** How a report for a person is laid out on stdout. */
export function layoutOf(io: Io, colorFlag: boolean): TerminalOptions {
  return {
    color: wantsColor(io, colorFlag),
    width: widthOf(io.stdout),
    isPiped: io.stdout.isTTY !== true,
  };
}

export function widthOf(stream: Pick<WriteStream, 'isTTY' | 'columns'>): number {
  return stream.isTTY && stream.columns > 0 ? stream.columns : plainWidth;
}

/** Writes all of a text, also to a pipe that takes it slowly. */
export function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    // A reader that has gone away (`| head`) is no fault of ours.
    stream.write(text, () => resolve());
  });
}
