import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** Modification time of the newest file below a folder, in milliseconds; 0 when there is none. */
function newestMs(folder: string): number {
  if (!existsSync(folder)) return 0;
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Math.max(0, ...names.map((name) => statSync(join(folder, name)).mtimeMs));
}

/**
 * Builds `dist/` when a source is newer than it: the lab's children are processes, and Node runs JavaScript only.
 * Type errors do not stop the build here; `npm run types` is there to show them.
 */
export default function buildOnce(): void {
  if (newestMs(join(root, 'dist')) > newestMs(join(root, 'src'))) return;
  try {
    execFileSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
      {
        cwd: root,
        stdio: 'pipe',
      },
    );
  } catch (error) {
    if (!existsSync(join(root, 'dist/lab/backend/main.js'))) throw error;
  }
}
