import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Leaves of a folder of declarations those that the library's own leads to: the rest describes what nobody can import.
 *
 * @param {string} folder
 */
export function keepPublic(folder) {
  /** @type {Set<string>} */
  const reached = new Set();
  const reach = (/** @type {string} */ file) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(
      /(?:from|import\()\s*["'](\.[^"']+)\.js["']/g,
    ))
      reach(resolve(dirname(file), `${specifier}.d.ts`));
  };
  reach(join(folder, 'index.d.ts'));
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !reached.has(path)) rmSync(path);
  }
  removeEmpty(folder);
}

/** @param {string} folder */
function removeEmpty(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmpty(join(folder, entry.name));
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}
