import { describe, expect, it } from 'vitest';
import { autocannonEngine } from '../../../src/engine/autocannon/autocannon-engine.js';
import { autocannonFaults } from '../../../src/engine/autocannon/refusals.js';
import type { LoadJob } from '../../../src/engine/load-job.js';
import { LbbenchError } from '../../../src/model/fault.js';
import type { LoadPlan, RequestPlan, TlsPlan } from '../../../src/model/plan.js';
import { insecure } from '../../fixtures/tls.js';
import { jobFor } from '../native/load-jobs.js';

const messages = (load: Partial<LoadPlan>, others: Partial<LoadJob> = {}) =>
  autocannonFaults(jobFor(1, { timeoutMs: 1000, ...load }, others)).map(({ message }) => message);

const request: RequestPlan = { name: 'a', method: 'GET', path: '/', headers: [], body: undefined, weight: 1 };
const requests = (changes: Partial<RequestPlan>) => ({ requests: [{ ...request, ...changes }] });

const tls = (verify: boolean): TlsPlan => ({ ...insecure, verify });

const withTls = (verify: boolean) => ({ target: { ...jobFor(1).target, tls: tls(verify) } });

describe('what autocannon cannot do', () => {
  it.each<[string, string[]]>([
    [
      'autocannon cannot open a connection for every request, got load.keepAlive: false',
      messages({ keepAlive: false }),
    ],
    ['autocannon cannot speak HTTP/1.0', messages({ httpVersion: '1.0' })],
    [
      'autocannon cannot send from chosen addresses, got load.sourceAddresses',
      messages({ sourceAddresses: ['127.0.0.1'] }),
    ],
    [
      'autocannon cannot wait less than 1 s for a response, got load.timeout: 999 ms',
      messages({ timeoutMs: 999 }),
    ],
    [
      'autocannon cannot send other than a whole number of requests a second, got load.rate: 2.5/s',
      messages({ model: 'open', ratePerSec: 2.5 }),
    ],
    [
      'autocannon cannot send other than a whole number of requests a second, got load.rate: 0.5/s',
      messages({ model: 'open', ratePerSec: 0.5 }),
    ],
    [
      'autocannon cannot send at random, got load.arrivals: poisson',
      messages({ model: 'open', ratePerSec: 5, arrivals: 'poisson' }),
    ],
    ['autocannon cannot share one measurement between threads, got threads: 2', messages({}, { threads: 2 })],
    [
      "autocannon cannot fill ab's columns, because it does not measure the time to connect",
      messages({}, { abColumns: true }),
    ],
    [
      'autocannon cannot check TLS certificates, got an https target without insecure: true',
      messages({}, withTls(true)),
    ],
    ['autocannon cannot send HEAD, in the request "a"', messages({}, requests({ method: 'HEAD' }))],
    ['autocannon cannot send PURGE, in the request "a"', messages({}, requests({ method: 'PURGE' }))],
    [
      'autocannon cannot send the header X-A more than once, in the request "a"',
      messages(
        {},
        requests({
          headers: [
            ['X-A', '1'],
            ['X-B', '1'],
            ['X-A', '2'],
          ],
        }),
      ),
    ],
    [
      'autocannon cannot leave Connection to the user, in the request "a"',
      messages({}, requests({ headers: [['connection', 'close']] })),
    ],
    [
      'autocannon cannot send the header X-A in Latin-1, in the request "a"',
      messages({}, requests({ headers: [['X-A', 'é']] })),
    ],
  ])('says: %s', (message, found) => {
    expect(found).toEqual([message]);
  });

  it('is nothing for a plain job, an open one at a whole rate, and https with insecure', () => {
    expect(messages({})).toEqual([]);
    expect(messages({ model: 'open', ratePerSec: 200 })).toEqual([]);
    expect(messages({}, withTls(false))).toEqual([]);
  });

  it('is told all at once and before anything is sent, with what to do', async () => {
    // Nothing listens on port 1: a request would have failed otherwise.
    const job = jobFor(1, { timeoutMs: 1000, keepAlive: false, httpVersion: '1.0' });
    const error = await autocannonEngine.run(job, {}).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(LbbenchError);
    const { kind, faults } = error as LbbenchError;
    expect(kind).toBe('usage');
    expect(faults).toHaveLength(2);
    expect(faults.map(({ path, hint }) => [path, hint])).toEqual([
      ['engine', 'use engine: native'],
      ['engine', 'use engine: native'],
    ]);
  });
});
