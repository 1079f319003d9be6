import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** Where the user's programs keep what they can do without; `undefined` where there is no such place. */
export function cacheFolder({ env, platform } = process): string | undefined {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = env;
  if (XDG_CACHE_HOME?.startsWith('/')) return join(XDG_CACHE_HOME, 'lbbench');
  if (platform === 'win32') return LOCALAPPDATA && join(LOCALAPPDATA, 'lbbench', 'Cache');
  try {
    return join(homedir(), platform === 'darwin' ? 'Library/Caches' : '.cache', 'lbbench');
  } catch {
    return undefined;
  }
}

/** The first line of a file: all that must be as it was, and what follows, in this order. */
interface Head {
  readonly node: string;
  readonly checksum: number;
  readonly chunks: readonly (readonly [name: string, bytes: number])[];
}

/** Which V8 reads it: other flags make it refuse what it has compiled. */
const node = [process.version, process.arch, ...process.execArgv].join(' ');

/**
 * The code of chunks as V8 has compiled it, in a file of the user's. A chunk's name says what is in it, so nothing is taken
 * for what it no longer is. V8 believes what it is given, and whoever could write that file could run code: so it counts
 * only when it is whole, and the user's alone.
 */
export class KeptCode {
  readonly #kept: ReadonlyMap<string, Buffer>;
  readonly #loaded = new Map<string, Script>();
  #isNew = false;

  private constructor(
    readonly file: string,
    bytes: Buffer | undefined,
  ) {
    this.#kept = (bytes && partsOf(bytes)) ?? new Map();
  }

  /** What is kept for a command. */
  static open(folder: string, command: string): KeptCode {
    const name = /^[a-z]{1,20}$/.test(command) ? command : 'other';
    const file = join(folder, `${name}.code`);
    return new KeptCode(file, ownBytes(file));
  }

  of(name: string): Buffer | undefined {
    return this.#kept.get(name);
  }

  /** Takes note of what was compiled, with or without what is kept. */
  add(name: string, script: Script): void {
    this.#loaded.set(name, script);
    if (script.cachedDataRejected !== false) this.#isNew = true;
  }

  /**
   * Writes what V8 has compiled by now, if it had to. An install, a disk or a home that cannot be written is none the worse.
   *
   * @param bundle folder of the chunks; what is kept of others goes
   */
  keep(bundle: string): void {
    if (!this.#isNew) return;
    const parts = [...this.#kept].filter(
      ([name]) => !this.#loaded.has(name) && existsSync(join(bundle, name)),
    );
    for (const [name, script] of this.#loaded) parts.push([name, script.createCachedData()]);
    const data = Buffer.concat(parts.map(([, part]) => part));
    const head: Head = {
      node,
      checksum: crc32(data),
      chunks: parts.map(([name, { length }]) => [name, length]),
    };
    try {
      mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
      replaceFile(this.file, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), data]));
    } catch {
      // The next start compiles again.
    }
  }
}

/** Puts a whole file in place of another. */
function replaceFile(file: string, bytes: Buffer): void {
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, bytes, { mode: 0o600, flag: 'wx' });
  try {
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** A file that nobody but the user can write; `undefined` where there is none. */
function ownBytes(file: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const { mode, uid } = fstatSync(descriptor);
    const isOwn = process.getuid === undefined || (uid === process.geteuid?.() && (mode & 0o022) === 0);
    return isOwn ? readFileSync(descriptor) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The code of each chunk; `undefined` unless all of it is as it was written, and for this Node. */
function partsOf(bytes: Buffer): Map<string, Buffer> | undefined {
  const start = bytes.indexOf(10) + 1;
  const data = bytes.subarray(start);
  let head: Head;
  try {
    head = JSON.parse(bytes.toString('latin1', 0, start)) as Head;
  } catch {
    return undefined;
  }
  if (head.node !== node || head.checksum !== crc32(data)) return undefined;
  let end = 0;
  return new Map(
    head.chunks.map(([name, length]) => {
      end += length;
      return [name, data.subarray(end - length, end)];
    }),
  );
}
