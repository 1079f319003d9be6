import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/*
 * A text is written beside the file that it is for and put in its place in one step, so that whoever looks sees the old
 * file or the new one, and a full disk costs neither.
 */

/**
 * Fails as `replaceFile` would, as far as that can be told before there is a text. Nothing is changed.
 *
 * @throws ErrnoException
 */
export function expectReplaceable(path: string): void {
  const { place, stats } = placeOf(path);
  // A file that its owner has made read-only is meant to stay.
  if (stats !== undefined) accessSync(place, constants.W_OK);
  if (stats?.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  if (stats !== undefined && !stats.isFile()) return;
  try {
    const { file, name } = openBeside(place);
    closeSync(file);
    unlinkSync(name);
  } catch (error) {
    // It can be written in place all the same.
    if (stats === undefined) throw error;
  }
}

/**
 * Makes a text the content of a file, which is made where there is none and keeps its owner and permissions where there is
 * one. Through links it is the file at their end that is replaced; pipes and devices are written to. A file whose folder
 * allows no other beside it, and one that is mounted by itself, is overwritten.
 *
 * @throws ErrnoException when the text could not be written; the file is as it was then, unless it had to be overwritten
 */
export function replaceFile(path: string, text: string): void {
  const { place, stats } = placeOf(path);
  if (stats !== undefined && !stats.isFile()) {
    writeFileSync(place, text);
    return;
  }
  try {
    putInPlace(place, text, stats, renameSync);
  } catch (error) {
    if (stats === undefined || !needsOverwriting.has((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    writeFileSync(place, text);
  }
}

/** What a folder or a mount says that lets a file be written, but no other take its place. */
const needsOverwriting: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EXDEV']);

/**
 * Makes a file with a text, where there must be none.
 *
 * @throws ErrnoException `EEXIST` when there is one, or a link of that name
 */
export function createFile(path: string, text: string): void {
  putInPlace(path, text, undefined, (name) => {
    try {
      // Unlike a rename, this never takes the place of another file.
      linkSync(name, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
      // A file system without hard links.
      closeSync(openSync(path, 'wx'));
      try {
        renameSync(name, path);
      } catch (failure) {
        tryTo(() => unlinkSync(path));
        throw failure;
      }
      return;
    }
    unlinkSync(name);
  });
}

function putInPlace(
  place: string,
  text: string,
  stats: Stats | undefined,
  put: (name: string, place: string) => void,
): void {
  const { file, name } = openBeside(place);
  try {
    try {
      if (stats !== undefined) keepOwner(file, stats);
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    put(name, place);
  } catch (error) {
    tryTo(() => unlinkSync(name));
    throw error;
  }
}

/** Opens a new file beside another, under a name that nobody can foresee and never through a link. */
function openBeside(place: string): { readonly file: number; readonly name: string } {
  const name = join(dirname(place), `.lbbench-${crypto.randomUUID()}.part`);
  return { file: openSync(name, 'wx', 0o666), name };
}

/** To give a file away takes rights that lbbench may not have. */
function keepOwner(file: number, { uid, gid, mode }: Stats): void {
  tryTo(() => fchownSync(file, uid, gid));
  fchmodSync(file, mode & 0o7777);
}

function tryTo(action: () => void): void {
  try {
    action();
  } catch {
    // What went wrong before is what must be told.
  }
}

/** Where a path leads, through links also to where nothing is yet. */
function placeOf(path: string): { readonly place: string; readonly stats: Stats | undefined } {
  const stats = statSync(path, { throwIfNoEntry: false });
  // Not through /proc/self/fd, where a pipe has no path that can be opened.
  if (stats !== undefined) return { place: stats.isFile() ? realpathSync(path) : path, stats };
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return { place: isLink ? resolve(dirname(path), readlinkSync(path)) : path, stats };
}

/**
 * The same for two paths that lead to one file, also to one that is not there yet; `undefined` for pipes and devices,
 * which take more than one text.
 */
export function identityOf(path: string): string | undefined {
  const { place, stats } = placeOf(path);
  if (stats !== undefined) return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  const folder = statSync(dirname(place), { throwIfNoEntry: false });
  return folder === undefined ? resolve(place) : `${folder.dev}:${folder.ino}/${basename(place)}`;
}
