/** What another program wrote, as a message may show it: its lines, control and other odd characters as `?`. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, '?').trim();
}
