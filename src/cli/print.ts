import { type Io, isGithubActions, write } from './io.js';

/**
 * Text for people on stdout. Inside GitHub Actions the runner reads both streams for commands, and what lbbench shows comes
 * from responses and logs, so such text is made harmless there. Data that somebody asked for goes out as it is.
 */
export function print(io: Io, text: string): Promise<void> {
  return write(io.stdout, harmless(io, text));
}

/** The same for stderr: progress, warnings, faults. */
export function note(io: Io, text: string): void {
  io.stderr.write(harmless(io, text));
}

function harmless(io: Io, text: string): string {
  return isGithubActions(io) ? withoutCommands(text) : text;
}

/**
 * Text that GitHub's runner takes for text: it reads a line that starts with `::` behind any space and anything from `##[` on
 * as a command, and a backend could put one into its name, a client into a log.
 */
export function withoutCommands(text: string): string {
  // U+0085 is space to the runner, which is .NET, but not to a regular expression.
  return text.replace(/^([\s\u0085]*):(?=:)/gm, '$1\u2236').replaceAll('##[', '##\u27e6');
}
