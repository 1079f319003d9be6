import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { rewriting, root, src, withBuiltUrls } from './modules.js';

/**
 * Modules of the sources, and all that they need, as one of JavaScript: for processes and threads of tests and benchmarks
 * that want a part of the program. It is removed when this process ends.
 *
 * @param {...string} names below `src/`: `lab/lab`
 * @returns {Promise<string>} the URL of a module that exports what they export
 */
export async function builtApart(...names) {
  const name = `${process.pid}-${names.join('-').replaceAll('/', '-')}`;
  // Where packages are found from.
  const file = join(root, 'node_modules/.cache/lbbench', `${name}.mjs`);
  const build = await rolldown({
    cwd: root,
    input: './parts',
    platform: 'node',
    external: /^[a-z]/,
    plugins: [
      {
        name: 'parts',
        resolveId: (id) => (id === './parts' ? join(src, 'parts.ts') : undefined),
        load: (id) =>
          id === join(src, 'parts.ts')
            ? names.map((part) => `export * from './${part}.js';`).join('\n')
            : undefined,
      },
      rewriting((path, text) => withBuiltUrls(path, text, (url) => pathToFileURL(url).href)),
    ],
  });
  await build.write({ file, format: 'esm', codeSplitting: false });
  await build.close();
  process.once('exit', () => rmSync(file, { force: true }));
  return pathToFileURL(file).href;
}
