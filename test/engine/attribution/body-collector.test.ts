import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BodyCollector } from '../../../src/engine/attribution/body-collector.js';

it('puts a body together from pieces cut anywhere, one body after the other', () => {
  const bodies = fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 3000 }), fc.nat(2000)), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(bodies, (texts) => {
      const collector = new BodyCollector();
      for (const [text, cut] of texts) {
        const bytes = Buffer.from(text);
        collector.clear();
        for (let start = 0; start < bytes.length; start += cut + 1) {
          // The buffer that reads go into is used again at once.
          const shared = Buffer.concat([
            Buffer.from('##'),
            bytes.subarray(start, start + cut + 1),
            Buffer.from('#'),
          ]);
          collector.append(shared, 2, shared.length - 1);
          shared.fill(0);
        }
        expect(collector.text()).toBe(text);
      }
    }),
  );
});

it('keeps the first MiB of a body and no more', () => {
  const collector = new BodyCollector();
  const piece = Buffer.alloc(300_000, 'a');
  for (let i = 0; i < 10; i++) collector.append(piece, 0, piece.length);
  expect(collector.text()).toBe('a'.repeat(1024 * 1024));
  collector.clear();
  collector.append(piece, 0, 3);
  expect(collector.text()).toBe('aaa');
});
