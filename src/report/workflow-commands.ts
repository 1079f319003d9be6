/**
 * Text that GitHub's runner takes for text: it reads a line that starts with `::` behind any space and anything from `##[` on
 * as a command, and a backend could put one into its name, a client into a log.
 */
export function withoutCommands(text: string): string {
  // U+0085 is space to the runner, which is .NET, but not to a regular expression.
  return text.replace(/^([\s\u0085]*):(?=:)/gm, '$1\u2236').replaceAll('##[', '##\u27e6');
}
