import { afterEach, expect, it } from 'vitest';
import { nativeEngine } from '../../src/engine/native/native-engine.js';
import type { Lab } from '../../src/lab/lab.js';
import type { InferenceBehaviour, ProxyPlan, RequestPlan } from '../../src/model/plan.js';
import { figuresOf } from '../../src/run/tally-figures.js';
import { jobFor } from '../engine/native/load-jobs.js';
import { inference, proxyOf, startInferenceLab } from '../lab/inference-lab.js';
import { describeWithNginx } from './real-nginx.js';

const tokens = 320;
const streams = 2;

/** A token each 3 ms. */
const llm = inference({ speed: 4 });

const open: Lab[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((lab) => lab.close()));
});

function ask(count: number, headers: RequestPlan['headers']): RequestPlan {
  const text = JSON.stringify({
    model: 'm',
    messages: [{ role: 'user', content: 'a b c' }],
    max_tokens: count,
    stream: true,
    stream_options: { include_usage: true },
  });
  return {
    name: 'chat',
    method: 'POST',
    path: '/v1/chat/completions',
    headers: [['Content-Type', 'application/json'], ...headers],
    body: { kind: 'bytes', bytes: Buffer.from(text) },
    weight: 1,
  };
}

/** What streams through such a proxy look like to a client. */
async function through(
  proxy: Partial<ProxyPlan>,
  {
    behaviour = {},
    headers = [],
    count = tokens,
  }: {
    readonly behaviour?: Partial<InferenceBehaviour>;
    readonly headers?: RequestPlan['headers'];
    readonly count?: number;
  } = {},
) {
  const lab = await startInferenceLab(
    2,
    { ...llm, ...behaviour },
    { balancer: 'nginx', proxy: proxyOf(proxy) },
  );
  open.push(lab);
  const load = { requests: streams, concurrency: streams, timeoutMs: 60_000 };
  const job = jobFor(0, load, { target: lab.target, requests: [ask(count, headers)] });
  const { tally, durationMs } = await nativeEngine.run(job, {});
  const { llm: seen, outcomes } = figuresOf(tally, { durationMs, expected: undefined, skewLimit: undefined });
  tally.release();
  expect(outcomes).toMatchObject({ started: streams, responses: streams });
  // Whatever the path does, nothing is lost on it.
  expect(seen?.tokens.out).toBe(streams * count);
  expect(seen?.counted).toEqual({ usage: streams, events: 0, none: 0 });
  return seen;
}

const gzip = [['Accept-Encoding', 'gzip']] as const;

describeWithNginx('the path of a stream through nginx', () => {
  it.each([
    ['proxy-4k', 'HTTP/1.0, buffered', { httpVersion: '1.0', buffering: true }, {}],
    ['none', 'HTTP/1.0, not buffered', { httpVersion: '1.0', buffering: false }, {}],
    ['none', 'HTTP/1.1, buffered', { httpVersion: '1.1', buffering: true }, {}],
    ['none', 'HTTP/1.1, not buffered', { httpVersion: '1.1', buffering: false }, {}],
    ['tls-16k', 'HTTP/1.0, buffered, TLS', { httpVersion: '1.0', buffering: true, tls: true }, {}],
    ['none', 'HTTP/1.0, not buffered, TLS', { httpVersion: '1.0', buffering: false, tls: true }, {}],
    ['tls-16k', 'HTTP/1.1, buffered, TLS', { httpVersion: '1.1', buffering: true, tls: true }, {}],
    ['none', 'HTTP/1.1, not buffered, TLS', { httpVersion: '1.1', buffering: false, tls: true }, {}],
    [
      'none',
      'HTTP/1.0, buffered, and the backend asks for no buffering',
      { httpVersion: '1.0', buffering: true },
      { behaviour: { isUnbuffered: true } },
    ],
    [
      'none',
      'HTTP/1.1, buffered, TLS, and the backend asks for no buffering',
      { httpVersion: '1.1', buffering: true, tls: true },
      { behaviour: { isUnbuffered: true } },
    ],
    [
      'compressed',
      'HTTP/1.1, buffered, gzip',
      { httpVersion: '1.1', buffering: true, gzip: true },
      { headers: gzip },
    ],
    [
      'compressed',
      'HTTP/1.1, not buffered, gzip',
      { httpVersion: '1.1', buffering: false, gzip: true },
      { headers: gzip },
    ],
    ['none', 'gzip, which nobody accepts', { httpVersion: '1.1', buffering: false, gzip: true }, {}],
    [
      'whole',
      'HTTP/1.0, buffered, of less than a page',
      { httpVersion: '1.0', buffering: true },
      { count: 20, behaviour: { role: 'none', speed: 1 } },
    ],
  ] as const)('is %s: %s', async (verdict, _what, proxy, more) => {
    let seen = await through(proxy, more);
    // A busy machine reads late, which the verdict says: then it is asked again.
    for (let again = 0; again < 8 && seen?.buffering?.verdict === 'inconclusive'; again++) {
      seen = await through(proxy, more);
    }
    expect(seen?.buffering, JSON.stringify(seen?.eventsPerRead)).toMatchObject({ verdict });
    expect(seen?.buffering?.remedy === undefined).toBe(verdict === 'none');
  });
});
