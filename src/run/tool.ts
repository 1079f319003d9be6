import { readFileSync } from 'node:fs';

/** lbbench's own version, from its package. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** What produced a report. */
export function toolInfo(): { version: string; node: string; platform: string } {
  return { version, node: process.version, platform: `${process.platform} ${process.arch}` };
}
