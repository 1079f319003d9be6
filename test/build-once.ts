import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../build/bundle.js';
import { dist, root, src } from '../build/modules.js';

/** Modification time of the newest file below a folder, in milliseconds; 0 when there is none. */
function newestMs(folder: string): number {
  if (!existsSync(folder)) return 0;
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Math.max(0, ...names.map((name) => statSync(join(folder, name)).mtimeMs));
}

/**
 * Builds `dist/` when a source is newer than it: commands, threads and children under test are what users run, and Node
 * runs JavaScript only. Type errors do not stop the build here; `npm run types` is there to show them.
 */
export default async function buildOnce(): Promise<void> {
  const builtMs = newestMs(dist);
  const sources = [src, join(root, 'assembly'), join(root, 'build')];
  if (sources.every((folder) => builtMs > newestMs(folder))) return;
  await bundle();
}
