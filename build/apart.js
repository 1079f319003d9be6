import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { rewriting, root, src, withBuiltUrls } from './modules.js';

/**
 * Modules of the sources, and all that they need, as one of JavaScript: for processes and threads of tests and benchmarks
 * that want a part of the program. It is removed when this process ends.
 *
 * @param {...string} names below `src/`: `lab/lab`
 * @returns {Promise<string>} the URL of a module that exports what they export
 */
export async function builtApart(...names) {
  const contents = names.map((name) => `export * from './${name}.js';`).join('\n');
  const id = createHash('sha256').update(contents).digest('hex').slice(0, 16);
  // Where packages are found from.
  const outfile = join(root, 'node_modules/.cache/lbbench', `${process.pid}-${id}.mjs`);
  await build({
    stdin: { contents, resolveDir: src, loader: 'ts' },
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    plugins: [rewriting((file, text) => withBuiltUrls(file, text, (path) => pathToFileURL(path).href))],
    logLevel: 'silent',
  });
  process.once('exit', () => rmSync(outfile, { force: true }));
  return pathToFileURL(outfile).href;
}
