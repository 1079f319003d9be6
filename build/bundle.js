import { readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import asc from 'assemblyscript/asc';
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
  // Modules of yaml that can be taken apart, and what Node has for pako.
  resolve: {
    alias: {
      yaml: join(root, 'node_modules/yaml/browser/index.js'),
      pako: join(root, 'build/pako.cjs'),
    },
  },
  // A package's way to ask for one of Node's modules.
  checks: { eval: false },
  // Whether something is one, nobody here need ask; the answer loads all of Node's fetch.
  transform: { define: { Response: 'undefined' } },
};

/** @type {import('rolldown').OutputOptions} */
const output = {
  dir: dist,
  sourcemap: true,
  sourcemapExcludeSources: true,
  // Names stay, for who reads a stack.
  minify: { compress: true, mangle: false, codegen: true },
  comments: { legal: false },
};

/**
 * Bundles all that runs into `dist`:
 *
 * - the program as CommonJS, whose code V8 can keep from one start to the next;
 * - the library, and what threads and child processes start from, as modules;
 * - packages that are loaded in the midst of synchronous work;
 * - the scanner of logs as WebAssembly.
 *
 * Of each, a file for what is started, and chunks for what several need or what is loaded later.
 *
 * @returns {Promise<string[]>} the files that went in
 */
export async function bundle() {
  await compileScanner();
  const { modules, packages } = findEntries();
  const packed = await written('cjs', Object.fromEntries(packages.map((name) => [name, name])), {
    entryFileNames: 'package-[hash].cjs',
    plugins: [leaner],
  });
  /** @type {Map<unknown, string>} */
  const files = new Map(packed.map((file) => [file.type === 'chunk' && file.name, `'./${file.fileName}'`]));
  const outputs = await Promise.all([
    written(
      'cjs',
      { program: join(src, 'cli/main.ts'), start: join(src, 'cli/start.ts') },
      {
        external: [...optional, /^\.\/package-/],
        makeAbsoluteExternalsRelative: false,
        plugins: [built((name) => `require(${files.get(name)})`), lateBuiltins],
      },
    ),
    written(
      'esm',
      { index: join(src, 'index.ts'), ...modules },
      {
        plugins: [built((name) => `createRequire(import.meta.url)(${files.get(name)})`)],
      },
    ),
  ]);
  const made = [packed, ...outputs].flat();
  removeOthers(new Set(made.map(({ fileName }) => fileName)));
  return made.flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []));
}

/** From `assembly/`, as `asconfig.json` says. */
async function compileScanner() {
  const { error, stderr } = await asc.main(['--baseDir', root]);
  if (error !== null) throw new Error(stderr.toString());
}

/**
 * @param {'cjs' | 'esm'} format
 * @param {Record<string, string>} entries
 * @param {Pick<import('rolldown').InputOptions, 'external' | 'makeAbsoluteExternalsRelative' | 'plugins'> & { entryFileNames?: string }} more
 */
async function written(format, entries, { entryFileNames, ...more }) {
  const ending = format === 'cjs' ? 'cjs' : 'js';
  const build = await rolldown({ ...input, ...more, input: entries });
  const { output: made } = await build.write({
    ...output,
    format,
    entryFileNames: entryFileNames ?? `[name].${ending}`,
    // The name is all that tells one chunk from another's later text.
    chunkFileNames: `chunk-[hash].${ending}`,
  });
  await build.close();
  return made;
}

/** @param {(name: string) => string} loadingOf the expression that loads a package */
const built = (loadingOf) =>
  rewriting((path, text) => withBuiltPackages(withBuiltUrls(path, text, fromDist), loadingOf));

/**
 * Node's own modules that take a while to load, loaded when something of them is used: not every way through a chunk, and
 * of a package, needs them. In CommonJS one is always asked for by a name of its own.
 *
 * @type {import('rolldown').Plugin}
 */
const lateBuiltins = {
  name: 'late-builtins',
  renderChunk(code) {
    const late = code.replace(lateBuiltin, (_, name, id) => `${name} = lateBuiltin(() => require(${id}))`);
    if (late === code) return null;
    return { code: `${late}\n${lateBuiltinSource}`, map: null };
  },
};

const lateBuiltin =
  /\b(node_\w+|childProcess) = require\(("node:(?:child_process|crypto|dgram|dns|dns\/promises|http|https|net|timers\/promises|tls|worker_threads)")\)/g;

/** Behind the code, so that no line of it moves. */
const lateBuiltinSource = `function lateBuiltin(load) {
  let found;
  return new Proxy({}, { get: (_, name) => (found ??= load())[name] });
}`;

/**
 * What the packages that are loaded for nearly every run do when they are loaded, for what nobody uses here.
 *
 * @type {import('rolldown').Plugin}
 */
const leaner = {
  name: 'leaner',
  load: {
    filter: { id: /hdr-histogram-js[\\/]dist[\\/]HistogramLog(Reader|Writer)\.js$/ },
    handler: () => 'module.exports = {};',
  },
};

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
