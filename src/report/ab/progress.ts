import type { AbDisplay } from '../../model/ab-figures.js';
import { printable } from './printable.js';

/** Where ab says what it does while it does it: stdout before and after, stderr in between. */
export interface AbTarget {
  readonly hostname: string;
  readonly proxy: { readonly host: string; readonly port: number } | undefined;
}

/** For stdout, before the first request. Without progress lines the line stays open until `abDone`. */
export function abStart({ hostname, proxy }: AbTarget, display: AbDisplay): string {
  if (display.html !== undefined) return '';
  const through = proxy === undefined ? '' : `[through ${printable(proxy.host)}:${proxy.port}] `;
  const end = display.progressEvery === undefined ? '...' : '\n';
  return `Benchmarking ${printable(hostname)} ${through}(be patient)${end}`;
}

/** For stderr, each time `progressEvery` more requests have ended. */
export function abProgress(ended: number): string {
  return `Completed ${ended} requests\n`;
}

/** After the last request: for stderr with progress lines, for stdout without. */
export function abDone(
  ended: number,
  display: AbDisplay,
): { readonly stdout: string; readonly stderr: string } {
  return display.progressEvery === undefined
    ? { stdout: '..done\n', stderr: '' }
    : { stdout: '', stderr: `Finished ${ended} requests\n` };
}
