import { once } from 'node:events';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { type Lab, startLab } from '../../src/lab/lab.js';
import type { InferenceBehaviour, LabPlan, ProxyPlan } from '../../src/model/plan.js';
import type { Warning } from '../../src/model/warning.js';
import { inference, proxyOf, startInferenceLab } from '../lab/inference-lab.js';
import { algorithm, labPlan } from '../lab/lab-plan.js';
import { describeWithNginx } from './real-nginx.js';

const open: Lab[] = [];
const warnings: Warning[] = [];

/** A token each 12 ms, without chance in what matters here. */
const llm = inference({ role: 'none' });

async function start(
  changes: Partial<LabPlan>,
  proxy?: Partial<ProxyPlan>,
  behaviour: Partial<InferenceBehaviour> = {},
): Promise<Lab> {
  const lab = await startInferenceLab(
    1,
    { ...llm, ...behaviour },
    {
      ...changes,
      ...(proxy && { proxy: proxyOf(proxy) }),
      onWarning: (warning) => warnings.push(warning),
    },
  );
  open.push(lab);
  return lab;
}

afterEach(async () => {
  warnings.length = 0;
  await Promise.all(open.splice(0).map((lab) => lab.close()));
});

interface Read {
  readonly atMs: number;
  readonly text: string;
}

/** Asks for a stream of so many tokens; what each read of the socket brought. */
async function stream(lab: Lab, tokens: number, accept = 'identity'): Promise<readonly Read[]> {
  const { port, tls, authority } = lab.target;
  const socket =
    tls === undefined
      ? connect({ port, host: '127.0.0.1' })
      : connectTls({ port, host: '127.0.0.1', ca: tls.ca, servername: '' });
  const reads: Read[] = [];
  await once(socket, tls === undefined ? 'connect' : 'secureConnect');
  const startMs = performance.now();
  socket.on('data', (bytes: Buffer) => {
    reads.push({ atMs: performance.now() - startMs, text: bytes.toString('latin1') });
  });
  const body = JSON.stringify({ model: 'm', prompt: 'a b c', max_tokens: tokens, stream: true });
  socket.write(
    `POST /v1/completions HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\nAccept-Encoding: ${accept}\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  await once(socket, 'close');
  return reads;
}

function eventsIn(text: string): number {
  return text.split('data: {').length - 1;
}

const bools = [true, false];
const ways = (['1.0', '1.1'] as const).flatMap((httpVersion) =>
  bools.flatMap((buffering) =>
    bools.flatMap((tls) => bools.map((gzip) => ({ httpVersion, buffering, tls, gzip }))),
  ),
);

/** Measured with nginx 1.22.1; its source says the same. */
function effectOf({ httpVersion, buffering, tls, gzip }: (typeof ways)[number]): string {
  if (!buffering) return 'passes each event on';
  if (gzip) return 'holds it to its end';
  if (tls) return 'passes 16 kB on at a time';
  return httpVersion === '1.0' ? 'passes 4 kB on at a time' : 'passes each event on';
}

describeWithNginx('what nginx does to a stream of 151 events', () => {
  it.each(ways.map((way) => ({ ...way, effect: effectOf(way) })))(
    'HTTP/$httpVersion, buffering $buffering, tls $tls, gzip $gzip: $effect',
    async ({ effect, ...way }) => {
      const lab = await start({ balancer: 'nginx' }, way, { speed: 3 });
      const reads = await stream(lab, 150, way.gzip ? 'gzip' : 'identity');
      const whole = reads.map(({ text }) => text).join('');
      expect(/content-encoding: gzip/i.test(whole)).toBe(way.gzip);
      // Where each event passes, some still come together on a busy machine.
      if (effect === 'passes each event on') {
        expect(reads.length).toBeGreaterThan(40);
        return;
      }
      expect(reads.length).toBeLessThan(16);
      if (effect === 'passes 16 kB on at a time') expect(reads[0]?.text).toHaveLength(16_384);
      if (effect === 'passes 4 kB on at a time') expect(reads[1]?.text.slice(0, 6)).toBe('1000\r\n');
      if (!way.gzip) expect(eventsIn(whole)).toBe(151);
    },
  );

  it.each(ways.filter((way) => way.buffering && !way.gzip))(
    'passes each event on when the backend asks it to: HTTP/$httpVersion, tls $tls',
    async (way) => {
      const lab = await start({ balancer: 'nginx' }, way, { speed: 3, isUnbuffered: true });
      const reads = await stream(lab, 150);
      expect(reads.length).toBeGreaterThan(40);
      // It keeps the wish to itself.
      expect(reads[0]?.text).not.toMatch(/x-accel/i);
    },
  );

  it.each([
    ['1.0', 'cannot tell from its end', true],
    ['1.1', 'hands on', false],
  ] as const)('by HTTP/%s %s a death in the middle of a stream', async (httpVersion, _, looksWhole) => {
    const dying = { speed: 10, cut: { every: 1, afterTokens: 3 } };
    const lab = await start({ balancer: 'nginx' }, { httpVersion, buffering: false }, dying);
    const text = (await stream(lab, 10)).map((read) => read.text).join('');
    expect(eventsIn(text)).toBe(3);
    expect(text.endsWith('\r\n0\r\n\r\n')).toBe(looksWhole);
  });

  it('lumps by default before 1.29.7, and the lab says so', async () => {
    await start({ balancer: 'nginx' });
    expect(warnings).toEqual([
      {
        code: 'configuration',
        text: expect.stringMatching(
          /^nginx [\d.]+ asks backends by HTTP\/1\.0.*lab\.proxy: \{ buffering: off \}/,
        ),
      },
    ]);
  });

  it('says nothing where somebody has decided, or the backends ask for it', async () => {
    await start({ balancer: 'nginx' }, { buffering: true });
    await start({ balancer: 'nginx' }, {}, { isUnbuffered: true });
    expect(warnings).toEqual([]);
  });
});

const balancers = [{ balancer: 'embedded' }, { balancer: 'nginx' }] as const;

describeWithNginx('a wait for the first token that is longer than readTimeout', () => {
  // The first token takes 3 s.
  const slow = { speed: 0.01 };
  it.each(balancers)('cuts a stream whose head was sent before: $balancer', async ({ balancer }) => {
    const lab = await start({ balancer }, { readTimeoutMs: 300, buffering: false }, slow);
    const text = (await stream(lab, 5)).map((read) => read.text).join('');
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).not.toContain('data: ');
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
  });

  it.each(balancers)(
    'is answered 504 where the head comes with the token: $balancer',
    async ({ balancer }) => {
      const lab = await start({ balancer }, { readTimeoutMs: 300 }, { ...slow, head: 'with-first' });
      expect((await stream(lab, 5))[0]?.text).toMatch(/^HTTP\/1\.1 504 /);
    },
  );
});

describe('the embedded balancer', () => {
  it.each([false, true])('passes each event on, and the head before the first: tls %s', async (tls) => {
    const lab = await start({ balancer: 'embedded' }, { tls }, { speed: 0.3 });
    expect(lab.target.url).toMatch(tls ? /^https:/ : /^http:/);
    const reads = await stream(lab, 20);
    expect(reads.length).toBeGreaterThan(15);
    expect(reads[0]?.text).toMatch(/^HTTP\/1\.1 200 /);
    expect(eventsIn(reads[0]?.text ?? '')).toBe(0);
    // The first token takes 102 ms.
    expect(reads[0]?.atMs).toBeLessThan((reads[1]?.atMs ?? 0) - 20);
    expect(reads.reduce((sum, { text }) => sum + eventsIn(text), 0)).toBe(21);
  });

  it('does not do as if it were nginx', async () => {
    const proxy = proxyOf({ buffering: true, needsNginx: 'buffering' });
    const plan = await labPlan([''], { balancer: 'embedded', proxy });
    const options = { seed: 1, algorithm: algorithm('round_robin'), onWarning: () => {} };
    await expect(startLab(plan, options)).rejects.toMatchObject({
      kind: 'unmeasurable',
      faults: [{ path: 'lab.proxy.buffering', message: 'expected nginx on PATH for buffering, found none' }],
    });
  });
});
