import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { LbbenchError } from '../model/fault.js';
import { isRunning, type ProcessMark } from './process.js';

/*
 * A user's file that holds something else for a while. The original itself, not a copy, waits beside it under another name
 * and takes its name again in the end, so that content, owner, permissions and attributes come back as they were. All
 * steps are single ones of the file system, in an order that leaves enough on the disk to go back from anywhere.
 */

/** What stands beside the original for whoever finds it, a person or `lbbench try --restore`. */
const noteSchema = z.object({
  about: z.string(),
  file: z.string(),
  conf: z.string(),
  startedAt: z.string(),
  /** SHA-256 of every content that lbbench puts in the original's place. */
  edited: z.array(z.string()),
  /** The process that puts the original back. */
  guardian: z.object({ pid: z.number(), startTicks: z.string() }),
});

export type Note = z.infer<typeof noteSchema>;

/** Names that begin with a dot: no pattern of an `include` takes them in. */
function besides(file: string) {
  const beside = (ending: string) => join(dirname(file), `.${basename(file)}.lbbench-${ending}`);
  return { original: beside('original'), note: beside('try.json'), next: beside('next') };
}

/** What an earlier loan has left beside a file. */
export interface Leftover {
  /** `undefined` when it is not there, or says nothing that can be read. */
  readonly note: Note | undefined;
  /** Where the original is kept; `undefined` when the file is the original again. */
  readonly original: string | undefined;
  /** Whether the process that is to put it back still lives. */
  readonly isUnderWay: boolean;
}

/** What stands beside a file; `undefined` when nothing does. */
export function leftoverOf(file: string): Leftover | undefined {
  const { original, note: noteFile } = besides(file);
  const [hasOriginal, hasNote] = [existsSync(original), existsSync(noteFile)];
  if (!hasOriginal && !hasNote) return undefined;
  const note = hasNote ? noteIn(noteFile) : undefined;
  return {
    note,
    original: hasOriginal ? original : undefined,
    isUnderWay: note !== undefined && isRunning(note.guardian),
  };
}

function noteIn(path: string): Note | undefined {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

export interface Loan {
  readonly conf: string;
  readonly file: string;
  /** As it was when it was looked at. */
  readonly original: Buffer;
  /** All that will be put in its place. */
  readonly contents: readonly Buffer[];
  readonly guardian: ProcessMark;
}

/**
 * Keeps the original under a second name, with a note, so that another content can take its place.
 *
 * @throws LbbenchError when it cannot, or is lent already; nothing is changed then
 */
export function borrow({ conf, file, original, contents, guardian }: Loan): void {
  const names = besides(file);
  expectFree(file, conf);
  try {
    // It must be there first: from here on the file is lent, and only one can succeed.
    linkSync(file, names.original);
  } catch (error) {
    expectFree(file, conf);
    throw cannot(file, error);
  }
  try {
    if (!readFileSync(names.original).equals(original)) throw changed(file);
    const note: Note = {
      about: `lbbench try has another content in the place of ${basename(file)}; the original is ${basename(names.original)}. "lbbench try --restore --nginx-conf ${conf}" puts it back.`,
      file,
      conf,
      startedAt: new Date().toISOString(),
      edited: contents.map(hashOf),
      guardian,
    };
    write(names.note, `${JSON.stringify(note, undefined, 2)}\n`);
    syncFolderOf(file);
  } catch (error) {
    rmSync(names.note, { force: true });
    rmSync(names.original, { force: true });
    throw error instanceof LbbenchError ? error : cannot(file, error);
  }
}

function expectFree(file: string, conf: string): void {
  const leftover = leftoverOf(file);
  if (leftover === undefined) return;
  throw new LbbenchError('usage', [
    {
      file,
      message: leftover.isUnderWay
        ? 'expected nobody else to try methods here, but another lbbench try is under way'
        : 'expected the file as it was written, but an earlier lbbench try was cut off and has not put it back',
      hint: leftover.isUnderWay
        ? 'wait until it has ended'
        : `lbbench try --restore --nginx-conf ${conf} does it`,
    },
  ]);
}

/**
 * Puts a content in the place of what is there: the original, or what was put there before.
 *
 * @throws LbbenchError when somebody else has changed the file in between, or it cannot be written; it stays as it is then
 */
export function put(file: string, content: Buffer): void {
  const names = besides(file);
  const leftover = leftoverOf(file);
  if (leftover?.original === undefined) throw changed(file);
  if (!isOurs(file, leftover.original, leftover.note)) throw changed(file);
  try {
    rmSync(names.next, { force: true });
    write(names.next, content, statSync(leftover.original));
    renameSync(names.next, file);
    syncFolderOf(file);
  } catch (error) {
    rmSync(names.next, { force: true });
    throw cannot(file, error);
  }
}

/** Whether what has the file's name is the original, or something that lbbench has put there. */
function isOurs(file: string, original: string, note: Note | undefined): boolean {
  try {
    const [here, kept] = [statSync(file), statSync(original)];
    if (here.ino === kept.ino && here.dev === kept.dev) return true;
    const content = readFileSync(file);
    return content.equals(readFileSync(original)) || note?.edited.includes(hashOf(content)) === true;
  } catch {
    return false;
  }
}

/**
 * Gives the original its name back. What else stands beside it stays until `forget`, because nginx may still have to be
 * told.
 *
 * @throws LbbenchError when somebody else has changed the file in between: theirs stays, and the original beside it
 */
export function giveBack(file: string): void {
  const names = besides(file);
  rmSync(names.next, { force: true });
  const leftover = leftoverOf(file);
  if (leftover?.original === undefined) return;
  if (existsSync(file) && !isOurs(file, leftover.original, leftover.note))
    throw changed(file, leftover.original);
  // Of two names of one file a rename would leave both.
  if (isSame(file, leftover.original)) rmSync(leftover.original);
  else renameSync(leftover.original, file);
  syncFolderOf(file);
}

function isSame(one: string, other: string): boolean {
  if (!existsSync(one)) return false;
  const [a, b] = [statSync(one), statSync(other)];
  return a.ino === b.ino && a.dev === b.dev;
}

/** Removes the note, when nothing remains to be done. */
export function forget(file: string): void {
  rmSync(besides(file).note, { force: true });
  syncFolderOf(file);
}

function write(path: string, content: string | Buffer, like?: ReturnType<typeof statSync>): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    if (like !== undefined) {
      // Whoever may read the original must be able to read this; its owner is not ours to give unless we are root.
      if (process.getuid?.() === 0) fchownSync(file, Number(like.uid), Number(like.gid));
      fchmodSync(file, Number(like.mode) & 0o7777);
    }
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A name is on the disk when its folder is. */
function syncFolderOf(file: string): void {
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } catch {
    // Some file systems cannot; they keep names in order by themselves.
  } finally {
    closeSync(folder);
  }
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function changed(file: string, original?: string): LbbenchError {
  return new LbbenchError('unmeasurable', [
    {
      file,
      message: 'expected the file as lbbench had left it, but somebody else has changed it',
      hint:
        original === undefined
          ? 'nothing of theirs was touched; start again when they have finished'
          : `it stays as they left it; the original is ${original}`,
    },
  ]);
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'its folder may not be written to',
  EPERM: 'its folder may not be written to',
  EROFS: 'it is on a file system that is mounted read-only',
  EBUSY: 'it is mounted by itself',
  EXDEV: 'it is mounted by itself',
  ENOSPC: 'no space is left',
  ENAMETOOLONG: 'its name is too long for another beside it',
};

function cannot(file: string, error: unknown): LbbenchError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new LbbenchError('usage', [
    {
      file,
      message: `expected a file that can be replaced and put back, but ${reasons[code] ?? `it cannot (${code || message})`}`,
      hint:
        code === 'EACCES' || code === 'EPERM'
          ? 'run lbbench with the rights of who keeps the configuration, often root'
          : undefined,
    },
  ]);
}
