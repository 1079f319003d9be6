import type { EphemeralKeyInfo, TLSSocket } from 'node:tls';
import type { TlsSession } from '../load-job.js';

/** Reads what a connected TLS socket has negotiated. */
export function tlsSessionOf(socket: TLSSocket): TlsSession {
  const cipher = socket.getCipher().name;
  const certificate = socket.getPeerCertificate();
  const key = socket.getEphemeralKeyInfo() as Partial<EphemeralKeyInfo> | null;
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    cipher,
    cipherBits: cipherBits(cipher),
    keyBits: certificate.bits,
    temporaryKey: key?.size === undefined ? undefined : `${key.name ?? key.type} ${key.size} bits`,
  };
}

/** Node does not say it, but the cipher's name does. */
function cipherBits(name: string): number | undefined {
  if (name.includes('CHACHA20')) return 256;
  const bits = /(?:AES|ARIA|CAMELLIA)[_-]?(128|256)/.exec(name)?.[1];
  return bits === undefined ? undefined : Number(bits);
}
