import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** What may travel sealed: a job with its bodies, and all else. Bytes before deflating and after. */
export const limits = { job: 32 * 1024 * 1024, message: 4 * 1024 * 1024 } as const;

const ivBytes = 12;
const tagBytes = 16;

/** Something sealed that was not sealed by this key, for this use, or is not what it says. */
export class BrokenSeal extends Error {
  override readonly name = 'BrokenSeal';
}

/**
 * Seals what travels through Redis: deflated JSON under AES-256-GCM, so that whoever can read or write there neither learns
 * nor forges anything without the secret. What a text is for is sealed with it, so that it cannot be used in another place.
 */
export class Seal {
  readonly #key: Buffer;

  /** @param secret shared by all that take part; empty on a Redis that only this machine reaches */
  constructor(secret: string) {
    // Slow on purpose, once a process: a secret that people choose can be guessed.
    this.#key = scryptSync(secret, 'lbbench fleet 1', 32);
  }

  /** @param use what it is for, such as `checkpoint 3f2a 0 7` */
  close(value: unknown, use: string): Buffer {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    cipher.setAAD(Buffer.from(use));
    const text = cipher.update(deflateRawSync(Buffer.from(JSON.stringify(value, replacer))));
    cipher.final();
    return Buffer.concat([iv, cipher.getAuthTag(), text]);
  }

  /**
   * @param mostBytes what it may inflate to
   * @throws BrokenSeal
   */
  open(sealed: Buffer, use: string, mostBytes: number): unknown {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, ivBytes));
      decipher.setAAD(Buffer.from(use));
      decipher.setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
      const deflated = decipher.update(sealed.subarray(ivBytes + tagBytes));
      decipher.final();
      return JSON.parse(inflateRawSync(deflated, { maxOutputLength: mostBytes }).toString());
    } catch {
      throw new BrokenSeal(`what came as ${use} was sealed with another secret, or is damaged`);
    }
  }
}

/** Bytes as base64, arrays of numbers as arrays: JSON knows neither. */
function replacer(this: unknown, _key: string, value: unknown): unknown {
  if (value instanceof Float64Array) return [...value];
  // A Buffer has turned itself into an object before it gets here.
  if (value instanceof Uint8Array || value instanceof Uint32Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  }
  if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer') {
    return Buffer.from((value as unknown as { data: number[] }).data).toString('base64');
  }
  return value;
}
