import { readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { rolldown } from 'rolldown';
import {
  dist,
  findEntries,
  optional,
  rewriting,
  root,
  src,
  withBuiltPackages,
  withBuiltUrls,
} from './modules.js';

/** @type {import('rolldown').InputOptions} */
const input = {
  cwd: root,
  platform: 'node',
  // What an install may lack is not taken in.
  external: optional,
  // Its modules of the other kind cannot be taken apart.
  resolve: { alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') } },
  // A package's way to ask for one of Node's modules.
  checks: { eval: false },
  plugins: [rewriting((path, text) => withBuiltPackages(withBuiltUrls(path, text, fromDist)))],
};

/** @type {import('rolldown').OutputOptions} */
const output = {
  dir: dist,
  sourcemap: true,
  // Names stay, for who reads a stack.
  minify: { compress: true, mangle: false, codegen: true },
  comments: { legal: false },
};

/**
 * Bundles all that runs into `dist`:
 *
 * - the program as CommonJS, whose code V8 can keep from one start to the next;
 * - the library, and what threads and child processes start from, as modules;
 * - packages that are loaded in the midst of synchronous work.
 *
 * Of each, a file for what is started, and chunks for what several need or what is loaded later.
 *
 * @returns {Promise<string[]>} the files that went in
 */
export async function bundle() {
  const { modules, packages } = findEntries();
  const outputs = await Promise.all([
    written({ program: join(src, 'cli/main.ts'), start: join(src, 'cli/start.ts') }, 'cjs'),
    written({ index: join(src, 'index.ts'), ...modules }, 'esm'),
    written(packages, 'cjs'),
  ]);
  const chunks = outputs.flat();
  removeOthers(new Set(chunks.map(({ fileName }) => fileName)));
  return chunks.flatMap((chunk) => (chunk.type === 'chunk' ? Object.keys(chunk.modules) : []));
}

/**
 * @param {Record<string, string>} entries
 * @param {'cjs' | 'esm'} format
 */
async function written(entries, format) {
  const ending = format === 'cjs' ? 'cjs' : 'js';
  const build = await rolldown({ ...input, input: entries });
  const result = await build.write({
    ...output,
    format,
    entryFileNames: `[name].${ending}`,
    // The name is all that tells one chunk from another's later text.
    chunkFileNames: `chunk-[hash].${ending}`,
  });
  await build.close();
  return result.output;
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
