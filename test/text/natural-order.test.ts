import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { naturally } from '../../src/text/natural-order.js';

const collator = new Intl.Collator('en', { numeric: true });
const part = fc.oneof(
  fc.constantFrom('.', ':', '0', '00', '9', '10', '127', '8001'),
  fc.nat(99_999).map(String),
);
const address = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''));

describe('the natural order', () => {
  it('is that of the English collation with numbers by their value', () => {
    fc.assert(
      fc.property(address, address, (one, other) => {
        expect(Math.sign(naturally(one, other))).toBe(Math.sign(collator.compare(one, other)));
      }),
    );
  });

  it('is so for names and for addresses with letters in them too', () => {
    const mixed = [
      'b:80',
      'a10:80',
      'a9:80',
      '[::1]:8001',
      '10.0.0.2:80',
      '10.0.0.10:80',
      'A9:81',
      'unix:/a',
    ];
    expect(mixed.toSorted(naturally)).toEqual(mixed.toSorted(collator.compare));
  });
});
