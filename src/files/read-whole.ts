import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** A scenario, a body, a certificate or a report beyond this is some other file, named by mistake. */
export const mostFileBytes = 64 * 1024 * 1024;

/** Why a file was not read, as a clause: `there is no such file`. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';

  constructor(
    /** As the system has it: `ENOENT`; `EINVAL` for what is no regular file, `EFBIG` for one that is too large. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  /** The same as what was got in place of a file. */
  get found(): string {
    return this.code === 'ENOENT' ? 'no such file' : `one that cannot be read: ${this.message}`;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'it may not be read',
  EPERM: 'it may not be read',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a link to itself',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open; raise the limit with ulimit -n',
  ENFILE: 'too many files are open on this machine',
};

const handedOver = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/** Whether a path names what somebody has handed over open, `<(…)` in a shell for one: a pipe is meant there. */
export function isHandedOver(path: string): boolean {
  return handedOver.test(path);
}

/**
 * Reads a file that a user names, whole. Devices, named pipes and whatever else may never end are refused, and so is what
 * is too large, before its content is looked at; a file that grows under the reading or does not tell its size is
 * cut off at the limit.
 *
 * @param file a path, or a file descriptor that is open already (0 is stdin), which may be a pipe and stays open
 * @throws UnreadableFile
 */
export function readWhole(file: string | number, mostBytes = mostFileBytes): Buffer {
  try {
    return typeof file === 'number' ? readTo(file, mostBytes) : readPath(file, mostBytes);
  } catch (error) {
    throw unreadable(error);
  }
}

/** What the system says, as a refusal; what is none stays what it is. */
function unreadable(error: unknown): unknown {
  if (error instanceof UnreadableFile || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error : new UnreadableFile(code, reasonOf(error));
}

/** What the system says of a file that it does not open, as a clause: `there is no such file`. */
export function reasonOf(error: unknown): string {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return reasons[code] ?? `it could not be read (${code})`;
}

function readPath(path: string, mostBytes: number): Buffer {
  return withFile(path, (file, sizeBytes) => {
    if (sizeBytes > mostBytes) throw tooLarge(`${sizeBytes} bytes, more than ${mostBytes}`);
    return readTo(file, mostBytes, sizeBytes);
  });
}

/** Uses a file that is one, or was handed over. */
function withFile<T>(path: string, use: (file: number, sizeBytes: number) => T): T {
  const isGiven = isHandedOver(path);
  // Without it, to open a named pipe that nobody writes to waits for ever.
  const file = openSync(path, isGiven ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory()) throw new UnreadableFile('EISDIR', 'it is a folder');
    if (!stats.isFile() && !isGiven) throw new UnreadableFile('EINVAL', 'it is not a regular file');
    return use(file, stats.size);
  } finally {
    closeSync(file);
  }
}

const longPieceBytes = 1024 * 1024;

/**
 * Reads a file that a user names piece by piece, however long it is; what `readWhole` refuses is refused here too, but for
 * the size.
 *
 * @param take gets each piece, whose memory is used again; false ends the reading
 * @throws UnreadableFile
 */
export function readPieces(path: string, take: (piece: Uint8Array) => boolean): void {
  try {
    withFile(path, (file) => {
      const buffer = Buffer.allocUnsafe(longPieceBytes);
      for (;;) {
        const got = readSome(file, buffer, 0);
        if (got === 0 || !take(buffer.subarray(0, got))) return;
      }
    });
  } catch (error) {
    throw unreadable(error);
  }
}

const pieceBytes = 65_536;

/** Reads to the end of what may be a pipe or tell a wrong size. */
function readTo(file: number, mostBytes: number, likelyBytes = 0): Buffer {
  // One byte more tells a file of just this size from one that goes on.
  let buffer = Buffer.allocUnsafe(Math.min(Math.max(likelyBytes, pieceBytes), mostBytes) + 1);
  let length = 0;
  for (;;) {
    const got = readSome(file, buffer, length);
    if (got === 0) return buffer.subarray(0, length);
    length += got;
    if (length > mostBytes) throw tooLarge(`more than ${mostBytes} bytes`);
    if (length < buffer.length) continue;
    const larger = Buffer.allocUnsafe(Math.min(2 * length, mostBytes + 1));
    buffer.copy(larger);
    buffer = larger;
  }
}

/** A pipe that another program has set to not block says so instead of waiting. */
function readSome(file: number, buffer: Buffer, at: number): number {
  for (;;) {
    try {
      return readSync(file, buffer, at, buffer.length - at, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function tooLarge(size: string): UnreadableFile {
  return new UnreadableFile('EFBIG', `it has ${size}`);
}
