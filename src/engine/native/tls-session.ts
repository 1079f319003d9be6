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

interface StreamHandle {
  /** 0, or a negative system error number. */
  readStart(): number;
}

/**
 * Whether the peer ended the session by a `close_notify`; ask when `end` is emitted. Without one the end may be
 * anybody's who can cut a TCP connection (RFC 8446, section 6.1).
 *
 * Node emits the same `end` either way. But behind a `close_notify` the TCP handle is still being read, so libuv refuses to
 * start that again (EALREADY); behind the end of the TCP stream it does not. The handles are internal to Node: where they
 * are not as expected, no end is believed.
 */
export function hasSaidGoodbye(socket: TLSSocket): boolean {
  const { _handle } = socket as unknown as { readonly _handle?: { readonly _parent?: StreamHandle } };
  const handle = _handle?._parent;
  return typeof handle?.readStart === 'function' && handle.readStart() < 0;
}

/** Node does not say it, but the cipher's name does. */
function cipherBits(name: string): number | undefined {
  if (name.includes('CHACHA20')) return 256;
  const bits = /(?:AES|ARIA|CAMELLIA)[_-]?(128|256)/.exec(name)?.[1];
  return bits === undefined ? undefined : Number(bits);
}
