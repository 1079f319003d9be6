import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { selfSigned } from '../../src/lab/certificate.js';

it('makes a certificate for this machine that vouches for itself, on a key of its own', () => {
  const now = Date.UTC(2026, 10, 29, 12);
  const { cert, key } = selfSigned(now);
  const read = new X509Certificate(cert);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(read.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(read.checkHost('localhost')).toBe('localhost');
  expect(read.ca).toBe(true);
  expect(new Date(read.validFrom).getTime()).toBe(now - 86_400_000);
  expect(new Date(read.validTo).getTime()).toBe(now + 30 * 86_400_000);
  expect(selfSigned(now).key).not.toBe(key);
});
