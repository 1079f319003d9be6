import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/*
 * Two things that a module says of other files, which a bundle must be told of. They are read from the sources, so that a
 * new source needs no change here.
 *
 * `new URL('./main.js', import.meta.url)` names a module that a thread or a child process starts from: an entry of the
 * bundle, called by its path. Any other file named so keeps its place.
 *
 * `createRequire(import.meta.url)('package')` loads a package in the midst of synchronous work: a CommonJS file of its own.
 */
const namedUrl = /new URL\(\s*'(\.[^']+)',\s*import\.meta\.url,?\s*\)/g;
const requiredPackage = /createRequire\(import\.meta\.url\)\('([^.'][^']*)'\)/g;

export const root = resolve(import.meta.dirname, '..');
/** Folder of the sources. */
export const src = join(root, 'src');
/** Packages that an install may do without. */
export const optional = Object.keys(
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).optionalDependencies ?? {},
);
/** Folder of what is built, all JavaScript directly in it: so each of its files finds each other. */
export const dist = join(root, 'dist');

/**
 * What a module of the sources is called in `dist`, without an ending: `src/lab/nginx/main.ts` is `lab-nginx-main`.
 *
 * @param {string} source
 */
const entryName = (source) => relative(src, source).replace(/\.ts$/, '').replaceAll(/[\\/]/g, '-');

/**
 * The module of the sources that is named in a module; `undefined` for another kind of file.
 *
 * @param {string} file
 * @param {string} specifier as compiled code has it
 */
function sourceOf(file, specifier) {
  const source = resolve(dirname(file), specifier.replace(/\.js$/, '.ts'));
  return source.startsWith(src) && existsSync(source) ? source : undefined;
}

/**
 * All that is started or loaded from a file of its own: entries of the bundle by their names, and packages.
 *
 * @returns {{ modules: Record<string, string>, packages: string[] }}
 */
export function findEntries() {
  /** @type {Record<string, string>} */
  const modules = {};
  /** @type {Set<string>} */
  const packages = new Set();
  for (const name of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const file = join(src, name);
    const text = readFileSync(file, 'utf8');
    for (const [, specifier = ''] of text.matchAll(namedUrl)) {
      const source = sourceOf(file, specifier);
      if (source !== undefined) modules[entryName(source)] = source;
    }
    for (const [, required = ''] of text.matchAll(requiredPackage)) packages.add(required);
  }
  return { modules, packages: [...packages] };
}

/**
 * A module's text with the files that it names by URL where they are when it no longer lies in the sources.
 *
 * @param {string} file
 * @param {string} text
 * @param {(path: string) => string} urlOf how a file is named from there
 */
export function withBuiltUrls(file, text, urlOf) {
  return text.replace(namedUrl, (_, specifier) => {
    const source = sourceOf(file, specifier);
    const path =
      source === undefined ? resolve(dirname(file), specifier) : join(dist, `${entryName(source)}.js`);
    return `new URL('${urlOf(path)}', import.meta.url)`;
  });
}

/**
 * A module's text, loading packages in the midst of its work from files of their own.
 *
 * @param {string} text
 * @param {(name: string) => string} loadingOf the expression that loads a package
 */
export const withBuiltPackages = (text, loadingOf) =>
  text.replace(requiredPackage, (_, name) => loadingOf(name));

/**
 * The plugin that changes the text of those sources that name other files.
 *
 * @param {(file: string, text: string) => string} rewrite
 * @returns {import('rolldown').Plugin}
 */
export const rewriting = (rewrite) => ({
  name: 'rewriting',
  transform: {
    filter: { id: /\.ts$/, code: 'import.meta.url' },
    handler: (text, file) => (file.startsWith(src) ? { code: rewrite(file, text), map: null } : undefined),
  },
});
