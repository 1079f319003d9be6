import type { X509Certificate } from 'node:crypto';

/** What a TLS client is given; PEM texts. */
export interface TlsMaterial {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface TlsMaterialFault {
  readonly part: keyof TlsMaterial;
  readonly message: string;
  readonly hint: string;
}

/** Few targets need it, and it takes a while to load. */
const openssl = () => process.getBuiltinModule('node:crypto');

const readable = 'openssl x509 -in FILE -noout -text must be able to read it';
const certificate = /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----[\s\S]*?-----END [A-Z0-9 ]*CERTIFICATE-----/g;

/** What would have every handshake fail, or none begin, found before the run. */
export function tlsMaterialFaults({ ca, cert, key }: TlsMaterial): TlsMaterialFault[] {
  const faults: TlsMaterialFault[] = [];
  const read = <T>(part: keyof TlsMaterial, what: string, hint: string, reader: () => T): T | undefined => {
    try {
      return reader();
    } catch (error) {
      faults.push({ part, message: `expected ${what}, got none (${reasonOf(error)})`, hint });
      return undefined;
    }
  };
  // OpenSSL skips those it cannot read, and nobody would be trusted.
  if (ca !== undefined) read('ca', 'certificates that OpenSSL can read', readable, () => certificatesOf(ca));
  const [own] =
    cert === undefined
      ? []
      : (read('cert', 'a certificate that OpenSSL can read', readable, () => certificatesOf(cert)) ?? []);
  if (key === undefined) return faults;
  const hint = 'it must be without a passphrase';
  const privateKey = read('key', 'a private key that OpenSSL can read', hint, () =>
    openssl().createPrivateKey(key),
  );
  if (own !== undefined && privateKey !== undefined && !own.checkPrivateKey(privateKey))
    faults.push({
      part: 'key',
      message: "expected the certificate's private key, got another one",
      hint: 'tls.cert and tls.key must belong together',
    });
  return faults;
}

function certificatesOf(text: string): X509Certificate[] {
  const blocks = text.match(certificate);
  if (blocks === null) throw new Error('no BEGIN CERTIFICATE');
  return blocks.map((block) => new (openssl().X509Certificate)(block));
}

/** OpenSSL's words, without the numbers in front of them. */
function reasonOf(error: unknown): string {
  const { message } = error as Error;
  return message.split(':').at(-1)?.trim() || 'something else';
}
