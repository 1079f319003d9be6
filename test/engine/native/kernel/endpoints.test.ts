import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { internetAddress } from '../../../../src/engine/native/kernel/endpoints.js';

it('writes an IPv6 address as the kernel reads it, however it is spelled', () => {
  for (const [text, hex] of [
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['fe80::', `fe80${'0'.repeat(28)}`],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['::ffff:192.0.2.128', '00000000000000000000ffffc0000280'],
  ] as const)
    expect(internetAddress(text, 80).subarray(8, 24).toString('hex')).toBe(hex);
});

it('says the same as Node of any address', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 0, max: 65_535 }), (address, port) => {
      const bytes = internetAddress(address, port);
      const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(8 + 2 * i).toString(16));
      const own = new SocketAddress({ family: 'ipv6', address: groups.join(':'), port });
      expect(own.address).toBe(new SocketAddress({ family: 'ipv6', address, port }).address);
      expect(bytes.readUInt16BE(2)).toBe(port);
    }),
  );
});

it('writes an IPv4 address and its port', () => {
  expect(internetAddress('192.0.2.1', 8080).toString('hex')).toBe('02001f90c00002010000000000000000');
});
