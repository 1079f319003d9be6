import { describe, expect, it } from 'vitest';
import type { LoadResult } from '../../src/engine/load-job.js';
import { Outcome } from '../../src/model/outcome.js';
import { runWarnings } from '../../src/run/run-warnings.js';
import { readScenario } from '../../src/run/scenario-file.js';
import { unattributedCell } from '../../src/tally/attempt-cells.js';
import { Tally } from '../../src/tally/tally.js';

const { plan } = readScenario(`${import.meta.dirname}/../../scenarios/quickstart.yaml`);

/** The warning about what ended without a response, when it was for these texts. */
function errorsOf(...texts: string[]): string | undefined {
  const tally = new Tally({ requestNames: ['chat'], open: false, abColumns: false });
  for (const text of texts) tally.recordFailure(Outcome.connectError, text, unattributedCell, 0, 1);
  const result = { tally, interrupted: false } as unknown as LoadResult;
  return runWarnings(plan, result, undefined, false).find(({ code }) => code === 'errors')?.text;
}

it('puts together what is the same in our words', () => {
  const ssl = (thread: string) =>
    `${thread}:error:0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert handshake failure`;
  expect(errorsOf(ssl('80A'), ssl('80B'))).toContain(
    ': 2 × the server takes none of the TLS versions and ciphers offered; say others',
  );
});

describe('the warning about requests without a response', () => {
  it('names the causes, the most frequent first', () => {
    expect(errorsOf('b', 'a', 'a')).toBe('3 of 3 requests ended without a response: 2 × a; 1 × b');
  });

  it.each([
    [
      'connect EMFILE 127.0.0.1:80 - Local (undefined:undefined)',
      '1 × lbbench may not open more files; raise the limit with ulimit -n',
    ],
    [
      'connect EADDRNOTAVAIL 127.0.0.1:80 - Local (127.0.0.1:0)',
      '1 × no local port was free, or no such local address; keep connections alive, or bind more load.sourceAddresses',
    ],
    [
      'self-signed certificate',
      "1 × nobody whom this machine trusts has signed the server's certificate; to trust it name its CA in tls.ca, to do without say insecure: true",
    ],
    [
      'connect ECONNREFUSED 127.0.0.1:80',
      '1 × connection refused by 127.0.0.1:80; is the balancer up, and the port right?',
    ],
    [
      '80FCA6D8AC7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/openssl/ssl/record/ssl3_record.c:350:\n',
      '1 × the server does not speak TLS on this port; write http:// in the target, or the port that has TLS',
    ],
    [
      'connect ENOENT /run/no.sock',
      '1 × there is no socket /run/no.sock; is the balancer up, and does it listen there?',
    ],
  ])('says what to do about %s', (text, told) => {
    expect(errorsOf(text)).toBe(`1 of 1 requests ended without a response: ${told}`);
  });

  it('is absent when every request got its response', () => {
    expect(errorsOf()).toBeUndefined();
  });
});
