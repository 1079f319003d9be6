import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fieldTextEnd, fieldTextEndByWords } from '../../../src/engine/native/byte-classes.js';

it('finds the end of field text alike by words and by bytes', () => {
  const byte = fc.oneof(fc.constantFrom(0, 9, 10, 13, 31, 32, 126, 127, 128, 159, 255), fc.nat(255));
  const bytes = fc.array(byte, { maxLength: 24 }).map((values) => Uint8Array.from(values));
  fc.assert(
    fc.property(bytes, fc.nat(3), fc.nat(3), (buffer, start, cut) => {
      const from = Math.min(start, buffer.length);
      const end = Math.max(from, buffer.length - cut);
      const view = new DataView(buffer.buffer);
      expect(fieldTextEndByWords(view, from, end)).toBe(fieldTextEnd(buffer, from, end));
    }),
    { numRuns: 2000 },
  );
});
