import type { Io } from './io.js';

/** What a command gets from the program and gives back to it. */
export interface CommandContext {
  readonly io: Io;
  /** The exit code of the command that ran. */
  code: number;
}
