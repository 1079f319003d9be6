import { crc32, createInflateRaw } from 'node:zlib';
import { ByteSupply } from './byte-supply.js';

/** Decompressed bytes given out at a time. */
const chunkBytes = 64 * 1024;
const deflate = 8;
/** RFC 1952: bits of the header's flags, and what of them has no meaning yet. */
const flag = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;
const cutOff = 'unexpected end of file';

/**
 * Decompresses gzip as `gzip -dc` does: members one after the other, as nginx's `gzip` logs have them, perhaps padded
 * with zeros. Node's own reader ends a padded stream without a word, and drops output when other bytes follow; so the
 * members are told apart here, and Node only inflates them.
 *
 * One that is cut off or damaged, or that other bytes follow, gives the bytes up to there: then `onDamage` is told.
 */
export async function* gunzip(
  bytes: AsyncIterable<Uint8Array>,
  onDamage: (reason: string) => void,
): AsyncGenerator<Uint8Array> {
  const supply = new ByteSupply(bytes);
  try {
    while (await supply.skipZeros()) {
      const fault = (await skipHeader(supply)) ?? (yield* inflateMember(supply));
      if (fault !== undefined) return onDamage(fault);
    }
  } finally {
    await supply.close();
  }
}

/** Decompresses what follows a header, or gives back what is wrong with it. */
async function* inflateMember(supply: ByteSupply): AsyncGenerator<Uint8Array, string | undefined> {
  const member = new Member();
  try {
    while (!member.isOver) {
      if (!(await supply.fill())) return cutOff;
      supply.skip(await member.inflate(supply.ready));
      yield* member.take();
      if (member.damage !== undefined) return member.damage;
    }
    const trailer = await supply.take(8);
    if (trailer === undefined) return cutOff;
    const isSame =
      trailer.readUInt32LE(0) === member.checksum && trailer.readUInt32LE(4) === member.length >>> 0;
    return isSame ? undefined : 'its checksum or length is another one than its bytes have';
  } finally {
    member.destroy();
  }
}

/** Goes behind a member's header, or says what is wrong with it. */
async function skipHeader(supply: ByteSupply): Promise<string | undefined> {
  const start = await supply.take(2);
  if (start === undefined || start[0] !== 0x1f || start[1] !== 0x8b)
    return 'expected more compressed data or the end of the file, got other bytes';
  const fixed = await supply.take(8);
  if (fixed === undefined) return cutOff;
  const [method, flags = 0] = fixed;
  if (method !== deflate || (flags & flag.reserved) !== 0) return 'unknown compression method';
  if (flags & flag.extra) {
    const length = (await supply.take(2))?.readUInt16LE(0);
    if (length === undefined || (await supply.take(length)) === undefined) return cutOff;
  }
  for (const text of [flag.name, flag.comment])
    if (flags & text && !(await supply.skipBehindZero())) return cutOff;
  if (flags & flag.headerCrc && (await supply.take(2)) === undefined) return cutOff;
  return undefined;
}

/** The compressed data of one member. */
class Member {
  isOver = false;
  damage: string | undefined;
  checksum = 0;
  /** Decompressed bytes; gzip keeps the lowest 32 bits. */
  length = 0;
  // Not as an async iterable: that forgets what it holds when an error comes.
  readonly #inflate = createInflateRaw({ chunkSize: chunkBytes });
  #ready: Uint8Array[] = [];
  #settle = () => {};

  constructor() {
    this.#inflate.on('data', (chunk: Uint8Array) => this.#ready.push(chunk));
    // It may end within a write, which then is never called back.
    this.#inflate.on('end', () => {
      this.isOver = true;
      this.#settle();
    });
    this.#inflate.on('error', (error) => {
      this.damage = error.message;
      this.#settle();
    });
  }

  /** Gives back how many of the bytes belong to the member. */
  async inflate(bytes: Uint8Array): Promise<number> {
    const before = this.#inflate.bytesWritten;
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      this.#inflate.write(bytes, () => resolve());
    });
    return this.#inflate.bytesWritten - before;
  }

  /** What was decompressed since the last call. */
  take(): readonly Uint8Array[] {
    const taken = this.#ready;
    this.#ready = [];
    for (const chunk of taken) {
      this.checksum = crc32(chunk, this.checksum);
      this.length += chunk.length;
    }
    return taken;
  }

  destroy(): void {
    this.#inflate.destroy();
  }
}
