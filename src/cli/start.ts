import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { constants, Script } from 'node:vm';
import { cacheFolder, KeptCode } from './kept-code.js';

/**
 * Loads the program, as compiled at an earlier start where that is kept: compiling takes as long as all else that a short
 * command does. Node can do so by itself from 22.8 on, a file for each chunk; one file for all takes a quarter less time.
 *
 * @param folder that the bundle is in
 * @param name of a CommonJS file in it
 * @param command first word of the command line: each command needs other code
 */
export function load(folder: string, name: string, command = ''): unknown {
  const { NODE_DISABLE_COMPILE_CACHE, LBBENCH_DEBUG } = process.env;
  const require = createRequire(join(folder, name));
  if (LBBENCH_DEBUG !== undefined) process.setSourceMapsEnabled(true);
  const cache = (NODE_DISABLE_COMPILE_CACHE ?? LBBENCH_DEBUG) === undefined ? cacheFolder() : undefined;
  return cache === undefined
    ? require(`./${name}`)
    : loadKept(folder, name, require, KeptCode.open(cache, command));
}

type Compiled = (exports: unknown, require: (id: string) => unknown, module: object, file: string) => void;

/** What `require` does for CommonJS, of which nothing but `exports`, `require` and `__filename` is used in a bundle. */
function loadKept(folder: string, entry: string, require: NodeJS.Require, kept: KeptCode): unknown {
  const modules = new Map<string, { exports: unknown }>();
  const get = (id: string): unknown => (/^\.\/(chunk|package)-/.test(id) ? loaded(id.slice(2)) : require(id));
  const loaded = (name: string): unknown => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(name, module);
    const filename = join(folder, name);
    const source = `(function(exports,require,module,__filename){${readFileSync(filename, 'utf8')}\n})`;
    const script = new Script(source, {
      filename,
      cachedData: kept.of(name),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    // The entry's name is the same whatever is in it.
    if (name !== entry) kept.add(name, script);
    (script.runInThisContext() as Compiled)(module.exports, get, module, filename);
    return module.exports;
  };
  process.once('exit', () => kept.keep(folder));
  return loaded(entry);
}
