import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { LbbenchError } from '../model/fault.js';
import type { TlsPlan } from '../model/plan.js';

/** What a plan says of certificates, ciphers and versions, as `node:tls` takes it: nothing where it says nothing. */
export function secureOptionsOf(tls: TlsPlan): SecureContextOptions {
  const { ca, cert, key, ciphers, minVersion, maxVersion } = tls;
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(ciphers !== undefined && { ciphers }),
    ...(minVersion !== undefined && { minVersion }),
    ...(maxVersion !== undefined && { maxVersion }),
  };
}

/**
 * What every TLS connection of a run shares.
 *
 * @throws LbbenchError for settings that OpenSSL refuses
 */
export function secureContextOf(tls: TlsPlan): SecureContext {
  try {
    return createSecureContext(secureOptionsOf(tls));
  } catch (error) {
    const reason = (error as Error).message.split(':').at(-1)?.trim();
    throw new LbbenchError('usage', [
      {
        path: 'tls',
        message: `expected settings that OpenSSL takes, got "${reason}"`,
        hint: 'look at the ciphers (openssl ciphers LIST shows what a list comes to), the versions and the certificate',
      },
    ]);
  }
}
