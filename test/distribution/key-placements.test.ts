import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyPlacements } from '../../src/distribution/key-placements.js';

describe('key placements', () => {
  it('count distinct keys, where they were first seen, and those seen elsewhere too, as a plain map does', () => {
    const step = fc.tuple(fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', '\xff') }), fc.nat(3));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const placements = new KeyPlacements();
        const seen = new Map<string, number[]>();
        for (const [key, backend] of steps) {
          placements.record(key, backend);
          seen.set(key, [...(seen.get(key) ?? []), backend]);
        }
        const first = [...seen.values()].map(([backend]) => backend);
        expect(placements.distinct).toBe(seen.size);
        expect(placements.moved).toBe([...seen.values()].filter((all) => new Set(all).size > 1).length);
        for (let backend = 0; backend < 4; backend += 1) {
          expect(placements.keysOf(backend)).toBe(first.filter((one) => one === backend).length);
        }
        expect(placements.overlooked).toBe(0);
      }),
    );
  });

  it('tell a hundred thousand similar keys apart', () => {
    const placements = new KeyPlacements();
    for (let n = 0; n < 100_000; n += 1) placements.record(`/completions?user=${n}`, n % 3);
    for (let n = 0; n < 100_000; n += 1) placements.record(`/completions?user=${n}`, n % 3);
    expect([placements.distinct, placements.moved]).toEqual([100_000, 0]);
    expect([0, 1, 2].map((backend) => placements.keysOf(backend))).toEqual([33_334, 33_333, 33_333]);
  });

  it('keep to their room, and count what found none', () => {
    const placements = new KeyPlacements(2);
    for (const key of ['a', 'b', 'c', 'a', 'c', 'd']) placements.record(key, 0);
    placements.record('b', 1);
    expect(placements).toMatchObject({ distinct: 2, overlooked: 3, moved: 1, perBackend: [2] });
  });
});
