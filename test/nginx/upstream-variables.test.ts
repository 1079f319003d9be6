import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attempts } from '../../src/model/attempts.js';
import { attributeHeader, parseBackendLabel } from '../../src/nginx/attribution.js';
import {
  addressesLikeLists,
  parseUpstreamAddr,
  parseUpstreamList,
  upstreamItems,
} from '../../src/nginx/upstream-variables.js';

/** Who served, who was tried before, and whether nobody was left. */
function told({ kind, backends }: Attempts) {
  return {
    served: kind === 'served' ? backends.at(-1) : undefined,
    retries: (kind === 'served' ? backends.slice(0, -1) : backends).filter((one) => one !== undefined),
    noneLeft: kind === 'none-left',
  };
}

const [a, b, c, d] = ['127.0.0.1:12190', '127.0.0.1:12101', '[::1]:12103', 'unix:/path/x.sock'];

describe('parseUpstreamAddr', () => {
  // The shapes that nginx 1.22.1 was seen to print.
  it.each([
    [a, a, [], false],
    [d, d, [], false],
    [`${a}, ${b}`, b, [a], false],
    [`${a}, ${a}`, a, [a], false],
    [`${a} : ${b}`, b, [a], false],
    [`${a}, ${b} : ${c}, ${d}`, d, [a, b, c], false],
    ['backend_pool', undefined, [], true],
    ['10.0.0.1', undefined, [], true],
    [`${a}, backend_pool`, undefined, [a], true],
    [`${a}, ${b}, backend_pool`, undefined, [a, b], true],
    [`${a} : `, a, [], false],
    [`${a} :`, a, [], false],
    [`  ${a}\t`, a, [], false],
    ['-', undefined, [], false],
    ['', undefined, [], false],
  ])('reads %j', (text, served, retries, noneLeft) => {
    expect(told(parseUpstreamAddr(text))).toEqual({ served, retries, noneLeft });
  });

  it('needs the known addresses to see through socket paths that look like lists', () => {
    const [path, longer] = ['unix:/run/a, b.sock', 'unix:/run/a, b.sock : 2'];
    const sockets = addressesLikeLists([path, a, longer, path]);
    expect(sockets).toEqual([longer, path]);
    expect(told(parseUpstreamAddr(path))).toEqual({
      served: undefined,
      retries: ['unix:/run/a'],
      noneLeft: true,
    });
    const attempts = (text: string) => {
      const { served, retries } = told(parseUpstreamAddr(text, sockets));
      return [...retries, served];
    };
    expect(attempts(path)).toEqual([path]);
    expect(attempts(`${a}, ${path}`)).toEqual([a, path]);
    expect(attempts(`${longer} : ${path}, ${a}`)).toEqual([longer, path, a]);
    expect(attempts(`${path} :`)).toEqual([path]);
    // Another path that only begins alike.
    expect(attempts(`${path}2`)).toEqual(['unix:/run/a', undefined]);
  });

  it('finds again whatever attempts were joined, with paths that look like lists among them', () => {
    const item = fc.constantFrom(a, c, d, 'unix:/run/a, b.sock', 'unix:/a : b', 'unix:/a : b, c', 'unix:/a');
    const list = fc.array(fc.tuple(item, fc.constantFrom(', ', ' : ')), { minLength: 1, maxLength: 6 });
    const sockets = addressesLikeLists(['unix:/a : b', 'unix:/run/a, b.sock', 'unix:/a : b, c']);
    fc.assert(
      fc.property(list, (items) => {
        const text = items.map(([one, separator], i) => (i === 0 ? one : separator + one)).join('');
        expect(upstreamItems(text, sockets).flat()).toEqual(items.map(([one]) => one));
      }),
    );
  });

  it('never returns an unprintable address, whatever the value', () => {
    const piece = fc.oneof(
      fc.constantFrom(', ', ' : ', 'unix:/', a, '\u001b[31m', '\u202e', '-'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (text) => {
          const { served, retries } = told(parseUpstreamAddr(text));
          for (const address of [...retries, ...(served === undefined ? [] : [served])]) {
            expect(address).not.toMatch(/\p{C}/u);
            expect(text).toContain(address);
          }
        },
      ),
    );
  });

  it('reads 64 KiB of hostile text in linear time', () => {
    for (const unit of [' : ', ', ', ' ', ':', '1.', 'unix:', '[:', 'a, ']) {
      const startedAt = performance.now();
      parseUpstreamAddr(unit.repeat(65_536 / unit.length));
      expect(performance.now() - startedAt).toBeLessThan(500);
    }
  });
});

describe('parseUpstreamList', () => {
  it.each([
    ['200', [['200']]],
    ['-', [[undefined]]],
    ['', []],
    [
      '502, 404 : 502, 200',
      [
        ['502', '404'],
        ['502', '200'],
      ],
    ],
    [
      '-, 0.000 : -, 0.000',
      [
        [undefined, '0.000'],
        [undefined, '0.000'],
      ],
    ],
    ['404 : ', [['404']]],
    ['502, ', [['502', undefined]]],
    [' : 404', [['404']]],
    [':', []],
  ])('reads %j', (text, groups) => {
    expect(parseUpstreamList(text)).toEqual(groups);
  });
});

describe('attributeHeader', () => {
  const unknown = { poolNames: new Set<string>() };
  const known = { poolNames: new Set(['backend_pool']) };

  it('takes anything with an address for $upstream_addr', () => {
    expect(told(attributeHeader(`${a}, ${b}`, unknown))).toEqual({
      served: b,
      retries: [a],
      noneLeft: false,
    });
    expect(told(attributeHeader(`${a}, backend_pool`, { ...unknown, status: 502 }))).toEqual({
      served: undefined,
      retries: [a],
      noneLeft: true,
    });
  });

  it.each(['backend-1', '8001', 'localhost:8001', '10.0.0.7', 'web one'])('takes %s for a label', (label) => {
    expect(told(attributeHeader(` ${label} `, { ...known, status: 200 }))).toEqual({
      served: label,
      retries: [],
      noneLeft: false,
    });
    expect(told(attributeHeader(label, { ...unknown, status: 200 })).served).toBe(label);
  });

  it("takes the pool's own name for no backend left", () => {
    const none = { served: undefined, retries: [], noneLeft: true };
    expect(told(attributeHeader('backend_pool', known))).toEqual(none);
    expect(told(attributeHeader('other : backend_pool', known))).toEqual(none);
    // Without a known name the status tells: nginx answers 502 when it has nobody left.
    expect(told(attributeHeader('backend_pool', { ...unknown, status: 502 }))).toEqual(none);
    expect(told(attributeHeader('backend-1', { ...known, status: 502 })).served).toBe('backend-1');
  });

  it.each([
    ['http://10.0.0.1:8001', '10.0.0.1:8001'],
    ['https://app/', 'app:443'],
    ['h2c://[::1]:81/x?y', '[::1]:81'],
    ['http://a b', 'http://a b'],
    ['http://', 'http://'],
  ])('takes the URL %s, as Apache names workers, for %s', (url, backend) => {
    expect(told(attributeHeader(url, { ...unknown, status: 502 })).served ?? 'pool').toBe(
      backend === url ? 'pool' : backend,
    );
    expect(attributeHeader('(null)', unknown).kind).toBe('not-proxied');
  });

  it.each(['', '-', '\u001b[2J', 'x'.repeat(257), ' '.repeat(65_536)])('says nothing of %j', (text) => {
    expect(told(attributeHeader(text, unknown))).toEqual({ served: undefined, retries: [], noneLeft: false });
  });
});

describe('parseBackendLabel', () => {
  it('trims and keeps up to 256 printable characters', () => {
    expect(parseBackendLabel(`  ${'x'.repeat(256)} `)).toBe('x'.repeat(256));
    expect(parseBackendLabel('x'.repeat(257))).toBeUndefined();
    expect(parseBackendLabel('a\u202eb')).toBeUndefined();
  });
});
