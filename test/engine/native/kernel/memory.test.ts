import { describe, expect, it } from 'vitest';
import { type Libc, loadLibc } from '../../../../src/engine/native/kernel/libc.js';
import { Blocks, KernelMemory, LentBuffers, Pieces } from '../../../../src/engine/native/kernel/memory.js';

const loaded = await loadLibc();
const libc = loaded as Libc;

describe.runIf(typeof loaded !== 'string')('memory that the kernel writes to', () => {
  it('gives no address of what does not lie within it', () => {
    const memory = KernelMemory.anonymous(libc, 5000);
    expect(memory.size).toBe(8192);
    expect(memory.addressOf(8000, 192)).toBe(memory.addressOf(0, 8192) + 8000);
    for (const [offset, length] of [
      [-1, 1],
      [0, 8193],
      [8192, 1],
      [0, -1],
      [Number.NaN, 1],
      [0, Number.NaN],
    ] as const)
      expect(() => memory.addressOf(offset, length)).toThrow(RangeError);
    memory.unmap();
    expect(() => memory.addressOf(0, 1)).toThrow(RangeError);
    expect(memory.bytes.length).toBe(0);
    memory.unmap();
  });

  it('holds what the kernel writes, and numbers of 64 bits', () => {
    const memory = KernelMemory.anonymous(libc, 64);
    memory.setLong(8, 2 ** 47 - 1);
    expect(memory.bytes.readBigUInt64LE(8)).toBe(2n ** 47n - 1n);
    memory.setTime(16, 2_500_001);
    expect([memory.secondsAt(16), memory.words[6]]).toEqual([2, 500_001_000]);
    libc.clockGettime(0, memory.addressOf(0, 16));
    expect(Math.abs(memory.secondsAt(0) - Date.now() / 1000)).toBeLessThan(5);
    memory.unmap();
  });

  it('hands out a piece once, and finds out who writes to one that was given back', () => {
    const pieces = new Pieces(libc, 256, true);
    const taken = Array.from({ length: 200 }, () => pieces.take());
    expect(new Set(taken).size).toBe(200);
    expect(pieces.inUse).toBe(200);
    expect(new Set(taken.map((piece) => pieces.addressOf(piece, 256))).size).toBe(200);
    expect(() => pieces.addressOf(0, 257)).toThrow(RangeError);
    const last = taken.at(-1) as number;
    pieces.give(last);
    expect(() => pieces.give(last)).toThrow('twice');
    pieces.memoryOf(last).bytes[pieces.offsetOf(last) + 255] = 1;
    expect(() => pieces.take()).toThrow('written to after');
    pieces.unmap();
  });

  it('lends a buffer once, and takes back only what is lent', () => {
    const buffers = new LentBuffers(libc, 4, 64, true);
    expect(() => buffers.lend(0)).toThrow('twice');
    expect(buffers.takeBack(3, 0)).toBe(192);
    expect(() => buffers.takeBack(3, 0)).toThrow('which it does not have');
    expect(() => buffers.takeBack(4, 0)).toThrow('which it does not have');
    expect(() => buffers.takeBack(1, 65)).toThrow('which it does not have');
    buffers.memory.bytes[64 + 10] = 1;
    expect(() => buffers.takeBack(1, 10)).toThrow('more than it said');
    buffers.unmap();
  });

  it('uses a block again that was given back', () => {
    const blocks = new Blocks(libc);
    const block = blocks.take(100_000);
    expect(block.size).toBe(131_072);
    expect(blocks.take(100_000)).not.toBe(block);
    blocks.give(block);
    expect(blocks.take(70_000)).toBe(block);
    blocks.unmap();
  });
});
