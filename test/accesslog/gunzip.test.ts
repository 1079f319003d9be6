import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gunzip } from '../../src/accesslog/source/gunzip.js';

/** What is read of bytes that come in pieces of some lengths, and the damage told. */
async function read(bytes: Uint8Array, pieceBytes: number) {
  const damage: string[] = [];
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of gunzip(pieces(), (reason) => damage.push(reason))) chunks.push(chunk);
  return { text: Buffer.concat(chunks).toString('latin1'), damage };
}

/** A header with everything that it may have. */
const fullHeader = Buffer.from([
  ...[0x1f, 0x8b, 8, 0x02 | 0x04 | 0x08 | 0x10, 0, 0, 0, 0, 0, 3, 3, 0, 1, 0, 3],
  ...Buffer.from('a.log\0of today\0..', 'latin1'),
]);
const hasGzip = spawnSync('gzip', ['--version']).status === 0;

describe('gunzip', () => {
  it.each([
    ['no padding', '', []],
    ['one zero', '\0', []],
    ['many zeros', '\0'.repeat(100_000), []],
    ['other bytes', 'other bytes', [expect.stringMatching(/got other bytes/)]],
    ['zeros and other bytes', '\0\0\0x', [expect.stringMatching(/got other bytes/)]],
  ])('reads all of members with %s behind them', async (_, padding, damage) => {
    const text = 'a line of a log\n'.repeat(20_000);
    const members = Buffer.concat([gzipSync(text), gzipSync(''), gzipSync('last'), Buffer.from(padding)]);
    for (const pieceBytes of [1, 7, 100, 65_536, 1_000_000])
      expect(await read(members, pieceBytes)).toEqual({ text: `${text}last`, damage });
  });

  it('reads a member with every part that a header may have', async () => {
    const member = Buffer.concat([fullHeader, gzipSync('text').subarray(10)]);
    for (const pieceBytes of [1, 1000])
      expect(await read(member, pieceBytes)).toEqual({ text: 'text', damage: [] });
  });

  it('gives all of a member whose checksum is wrong, and says so', async () => {
    const member = gzipSync('text');
    member[member.length - 8] = (member.at(-8) ?? 0) ^ 1;
    expect(await read(member, 1000)).toEqual({
      text: 'text',
      damage: [expect.stringMatching(/checksum/)],
    });
  });

  it('gives a start of what was compressed, wherever the file is cut off', async () => {
    const text = Array.from({ length: 40 }, (_, i) => `line ${(i * 7919) % 997}\n`).join('');
    const first = gzipSync('first\n');
    const members = Buffer.concat([first, gzipSync(text)]);
    for (let at = 1; at < members.length; at++) {
      const whole = at === first.length;
      const seen = await read(members.subarray(0, at), 16);
      expect(`first\n${text}`.startsWith(seen.text)).toBe(true);
      expect(seen.damage).toHaveLength(whole ? 0 : 1);
    }
  });

  it.skipIf(!hasGzip)('gives the same as gzip -dc, whatever the members and what follows them', async () => {
    const member = fc.string({ maxLength: 2000 }).map((text) => gzipSync(text));
    const members = fc.tuple(
      fc.array(member, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('', '\0', '\0\0\0', 'garbage', '\x1f\x8b\x07'),
      fc.integer({ min: 1, max: 300 }),
    );
    await fc.assert(
      fc.asyncProperty(members, async ([parts, padding, pieceBytes]) => {
        const bytes = Buffer.concat([...parts, Buffer.from(padding, 'latin1')]);
        const { stdout } = spawnSync('gzip', ['-dc'], { input: bytes });
        expect((await read(bytes, pieceBytes)).text).toBe(stdout.toString('latin1'));
      }),
      { numRuns: 60 },
    );
  });
});
