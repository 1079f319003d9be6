import { createRequire } from 'node:module';

type HdrLibrary = typeof import('hdr-histogram-js');

let library: HdrLibrary | undefined;

/** The histogram library, loaded when it is first wanted: reading a log without times does not wait for it. */
export function hdrLibrary(): HdrLibrary {
  library ??= createRequire(import.meta.url)('hdr-histogram-js') as HdrLibrary;
  return library;
}
