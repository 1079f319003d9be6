import { expect, test } from 'vitest';
import { encodersOf } from '../../src/engine/request-encoder.js';
import { fingerprintOf } from '../../src/fleet/fingerprint.js';
import { Seal } from '../../src/fleet/seal.js';
import { readJob } from '../../src/fleet/wire.js';
import type { Target } from '../../src/model/plan.js';
import { loadJobOf } from '../../src/run/load-job.js';
import { planOf } from '../scenario/load-text.js';

const plan = planOf(
  'target: http://h\ndata: d.jsonl\nrequests: [{ path: "/{a}", headers: { X-A: "{b}" }, text: "{b} {line}" }]',
  { 'd.jsonl': '{"a": "1", "b": "é"}\n{"a": "2", "b": "x"}' },
);
const job = loadJobOf(plan, plan.target as Target, { poolNames: [] });
const message = { version: '0', seats: 1, blockSize: 1, fingerprint: 'f', job };
const seal = new Seal('correct horse');
const travelled = (value: unknown) => readJob(seal.open(seal.close(value, 'job'), 'job', 1e6));

test('an agent sends the same requests out of the same data', () => {
  const { job: there } = travelled(message);
  expect(fingerprintOf(there)).toBe(fingerprintOf(job));
  expect(encodersOf(there)[0]?.encode(1).toString()).toBe(encodersOf(job)[0]?.encode(1).toString());
});

test('an agent checks the same of every answer, and takes no expression that is none of ours', () => {
  const { requests } = planOf(`target: http://h
errors: { 429: ok }
requests: [{ path: /, check: { status: 2xx, header: { X-A: "/b/i" }, body: { /error: null, /n: 1, /s: x } } }]`);
  const { job: there } = travelled({ ...message, job: { ...job, data: undefined, requests } });
  expect(there.requests[0]).toMatchObject({ checks: requests[0]?.checks, errors: requests[0]?.errors });
  const [request] = requests;
  const withCheck = (test: object) => () =>
    travelled({ ...message, job: { ...job, requests: [{ ...request, checks: [{ name: 'x', test }] }] } });
  expect(withCheck({ of: 'status', statuses: ['2xx'] })).not.toThrow();
  expect(withCheck({ of: 'status', statuses: ['fine'] })).toThrow();
  expect(withCheck({ of: 'body', value: { is: 'matching', pattern: 'a', flags: 'i', more: 1 } })).toThrow();
});

test('an agent takes no data that is damaged or would end a line of a request', () => {
  const [data] = job.data ?? [];
  const withData = (changes: object) => () =>
    travelled({ ...message, job: { ...job, data: [{ ...data, ...changes }] } });
  expect(withData({})).not.toThrow();
  expect(withData({ records: 3 })).toThrow('damaged data');
  expect(withData({ ends: data?.ends.map((end) => end + 1) })).toThrow('damaged data');
  expect(withData({ bytes: data?.bytes.map((byte) => (byte === 0x78 ? 0x0a : byte)) })).toThrow(
    'damaged data',
  );
});
