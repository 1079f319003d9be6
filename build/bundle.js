import { readdirSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join, relative } from 'node:path';
import { build } from 'esbuild';
import { dist, findEntries, rewriting, root, src, withBuiltPackages, withBuiltUrls } from './modules.js';

/** @type {import('esbuild').BuildOptions} */
const options = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  outdir: dist,
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // Optional, with a binary of its own: loaded from where it was installed, if it was.
  external: ['koffi'],
};

/**
 * Bundles the program, the library and what their threads and child processes start from into `dist`: one file for each,
 * and chunks for what several of them need or what is loaded later.
 *
 * @returns {Promise<string[]>} the sources that went in, as paths from the root
 */
export async function bundle() {
  const { modules, packages } = findEntries();
  const results = await Promise.all([
    build({
      ...options,
      entryPoints: { index: join(src, 'index.ts'), 'cli-main': join(src, 'cli/main.ts'), ...modules },
      format: 'esm',
      splitting: true,
      chunkNames: 'chunk-[hash]',
      plugins: [
        rewriting((path, text) => withBuiltPackages(withBuiltUrls(path, text, fromDist))),
        builtinsOfCommonJs,
      ],
    }),
    build({
      ...options,
      entryPoints: packages,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
    }),
  ]);
  const outputs = results.flatMap(({ metafile }) => Object.keys(metafile?.outputs ?? {}));
  removeOthers(new Set(outputs.map((path) => basename(path))));
  return results.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}));
}

/**
 * Removes what an earlier build has left.
 *
 * @param {ReadonlySet<string>} made names of files of this one
 */
function removeOthers(made) {
  for (const name of readdirSync(dist))
    if (/\.c?js(\.map)?$/.test(name) && !made.has(name)) rmSync(join(dist, name));
}

/** @param {string} path */
function fromDist(path) {
  const way = relative(dist, path).replaceAll('\\', '/');
  return way.startsWith('.') ? way : `./${way}`;
}

/**
 * CommonJS packages ask for Node's own modules by `require`, which the modules of a bundle do not have.
 *
 * @type {import('esbuild').Plugin}
 */
const builtinsOfCommonJs = {
  name: 'builtins-of-commonjs',
  setup({ onLoad, onResolve }) {
    const names = new RegExp(`^(node:)?(${builtinModules.join('|')})$`);
    onResolve({ filter: names }, ({ kind, path }) =>
      kind === 'require-call' ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};
