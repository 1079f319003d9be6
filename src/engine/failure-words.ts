/** Why a connection came to nothing, in our words, and what helps. */
export interface FailureWords {
  readonly said: string;
  readonly remedy?: string | undefined;
}

type Row = readonly [sign: RegExp, said: (where: string) => string, remedy?: string];

const trust = 'to trust it name its CA in tls.ca, to do without say insecure: true';

/** What Node and OpenSSL say; the first row that fits. */
const rows: readonly Row[] = [
  [
    /wrong version number|packet length too long|record layer failure|http request/i,
    () => 'the server does not speak TLS on this port',
    'write http:// in the target, or the port that has TLS',
  ],
  [
    /alert (number )?(116|42|48)\b|alert (certificate required|bad certificate|unknown ca)/i,
    () => 'the server wants a client certificate that it trusts',
    'give it one with tls.cert and tls.key',
  ],
  [
    /unsupported protocol|alert (protocol version|handshake failure)|no (protocols|ciphers) available|no shared cipher/i,
    () => 'the server takes none of the TLS versions and ciphers offered',
    'say others with tls.minVersion, tls.maxVersion and tls.ciphers',
  ],
  [
    /certificate has expired/i,
    () => "the server's certificate has expired",
    'renew it, or say insecure: true',
  ],
  [
    /does not match certificate|altnames/i,
    () => "the server's certificate is made out to another name",
    'say which name to ask for in tls.serverName, or insecure: true',
  ],
  [
    /self[- ]signed certificate|unable to (verify|get)|certificate/i,
    () => "nobody whom this machine trusts has signed the server's certificate",
    trust,
  ],
  [/SSL routines|error:[0-9A-F]{8}:|\bEPROTO\b/, () => 'the TLS handshake failed'],
  [
    /\bECONNREFUSED\b/,
    (where) => `connection refused${where === '' ? '' : ` by ${where}`}`,
    'is the balancer up, and the port right?',
  ],
  [
    /\b(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN)\b/,
    (where) => `no way leads to ${where === '' ? 'the target' : where}`,
    'is it the right network, and no firewall between?',
  ],
  [
    /connect ENOENT\b/,
    (where) => `there is no socket ${where}`,
    'is the balancer up, and does it listen there?',
  ],
  [/connect E(ACCES|PERM)\b/, (where) => `this user may not connect to ${where}`],
  [/\bE[MN]FILE\b/, () => 'lbbench may not open more files', 'raise the limit with ulimit -n'],
  [
    /\bEADDRNOTAVAIL\b/,
    () => 'no local port was free, or no such local address',
    'keep connections alive, or bind more load.sourceAddresses',
  ],
  [/\bECONNRESET\b/, () => 'reset by the server'],
  [/\bEPIPE\b|\bECONNABORTED\b/, () => 'the server closed the connection while it was written to'],
  [/\bETIMEDOUT\b/, (where) => `no answer${where === '' ? '' : ` from ${where}`} to the attempt to connect`],
];

/** The text of a failure in our words; one that is ours already stays what it is. */
export function failureWords(text: string): FailureWords {
  const row = rows.find(([sign]) => sign.test(text));
  if (row === undefined) return { said: text };
  const [, said, remedy] = row;
  // `connect ECONNREFUSED 127.0.0.1:80 - Local (undefined:undefined)`
  const where = /^\w+ E[A-Z]+ (\S+)/.exec(text)?.[1] ?? '';
  return { said: said(where), remedy };
}
