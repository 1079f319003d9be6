import { describe, expect, it } from 'vitest';
import { FailoverWatch, type SeenRequest } from '../../src/distribution/failover.js';

const a = '10.0.0.1:80';
const b = '10.0.0.2:80';
const servers = [a, b].map((address) => ({ address, maxFails: 1, failTimeoutSec: 1 }));

/** A request of 1 ms that ends at a moment. */
function seen(endMs: number, backend: string | null, changes: Partial<SeenRequest> = {}): SeenRequest {
  const status = backend === null ? null : 200;
  return { startMs: endMs - 1, endMs, backend, status, retries: [], key: undefined, ...changes };
}

/** One request a millisecond, one in flight, over two equal backends of which `b` is down from 1 s to 3 s. */
function stopped(): FailoverWatch {
  const watch = new FailoverWatch(servers, 1);
  for (let ms = 1; ms < 1000; ms++) watch.record(seen(ms, ms % 2 === 0 ? a : b));
  watch.event({ backend: b, action: 'stop' }, 1000);
  watch.record(seen(1000, a));
  // The one that finds out, 2 ms after, and two probes.
  for (let ms = 1001; ms < 3000; ms++) {
    watch.record(seen(ms, a, { retries: [1003, 2100, 2990].includes(ms) ? [b] : [] }));
  }
  watch.event({ backend: b, action: 'start' }, 3000);
  for (let ms = 3000; ms < 4000; ms++) watch.record(seen(ms, ms >= 3401 && ms % 2 === 1 ? b : a));
  return watch;
}

describe('a backend that is stopped and started', () => {
  const [outage] = stopped().outages(4000);

  it('has its share before, during and after', () => {
    // Before: the 500 odd moments of 1 to 999. After: since it answered at 3401, 300 odd ones of 599.
    expect(outage?.before.backends.map(({ count }) => count)).toEqual([499, 500]);
    expect(outage?.before).toMatchObject({ fromMs: 0, toMs: 1000, requests: 999, failures: 0, retries: 0 });
    expect(outage?.during).toEqual({
      fromMs: 1000,
      toMs: 3000,
      requests: 2000,
      failures: 0,
      errors: 0,
      retries: 3,
      backends: [
        { address: a, count: 2000, share: 1, errors: 0, retries: 0 },
        { address: b, count: 0, share: 0, errors: 0, retries: 3 },
      ],
    });
    expect(outage?.after).toMatchObject({ fromMs: 3401, toMs: 4000, requests: 599 });
    expect(outage?.after?.backends[1]?.share).toBe(300 / 599);
  });

  it('is taken out by its first failure, probed twice and back after the first good answer', () => {
    // The request that ended at 1003 began at 1002; the one that ended at 3401 began at 3400.
    expect(outage).toMatchObject({
      backend: b,
      action: 'stop',
      fromMs: 1000,
      untilMs: 3000,
      maxFails: 1,
      failTimeoutSec: 1,
      failedAttempts: 3,
      takenOut: { afterMs: 2, failures: 1, probes: 2 },
      backMs: 400,
      keys: undefined,
    });
  });
});

describe('FailoverWatch', () => {
  it('books failures and errors that reached the client behind their cause', () => {
    const watch = new FailoverWatch(servers, 2);
    watch.record(seen(500, b));
    watch.event({ backend: b, action: 'stop' }, 1000);
    // In flight since before the stop: a 502 that nginx makes of a broken POST, and a request without any response.
    watch.record(seen(1001, b, { startMs: 950, status: 502 }));
    watch.record(seen(1001, null, { startMs: 950 }));
    const [outage] = watch.outages(2000);
    expect(outage?.before).toMatchObject({ requests: 1, failures: 0, errors: 0 });
    expect(outage?.during).toMatchObject({ requests: 2, failures: 1, errors: 1, toMs: 2000 });
    expect(outage?.during.backends[1]).toMatchObject({ count: 1, errors: 1 });
    expect(outage).toMatchObject({
      failedAttempts: 1,
      untilMs: undefined,
      after: undefined,
      backMs: undefined,
    });
  });

  it('takes the time of a request that was in flight at the event as 0', () => {
    const watch = new FailoverWatch(servers, 1);
    for (let ms = 1; ms <= 10; ms++) watch.record(seen(ms, ms % 2 === 0 ? a : b));
    watch.event({ backend: b, action: 'stop' }, 10);
    watch.record(seen(12, a, { startMs: 9, retries: [b] }));
    for (let ms = 13; ms < 100; ms++) watch.record(seen(ms, a));
    expect(watch.outages(100)[0]?.takenOut).toEqual({ afterMs: 0, failures: 1, probes: 0 });
  });

  it.each([
    // Half of the attempts went to it: 20 are missing after 20 at the other and the one in flight.
    [20, undefined],
    [21, { afterMs: 0, failures: 1, probes: 0 }],
  ])('after %i requests elsewhere says taken out: %j', (requests, takenOut) => {
    const watch = new FailoverWatch(servers, 1);
    for (let ms = 1; ms <= 10; ms++) watch.record(seen(ms, ms % 2 === 0 ? a : b));
    watch.event({ backend: b, action: 'stop' }, 10);
    watch.record(seen(11, a, { retries: [b] }));
    for (let ms = 12; ms < 12 + requests; ms++) watch.record(seen(ms, a));
    expect(watch.outages(100)[0]?.takenOut).toEqual(takenOut);
  });

  it('does not say that a backend was taken out which goes on failing, or never failed', () => {
    for (const failing of [true, false]) {
      const watch = new FailoverWatch(servers, 1);
      for (let ms = 1; ms <= 10; ms++) watch.record(seen(ms, ms % 2 === 0 ? a : b));
      watch.event({ backend: b, action: 'error' }, 10);
      for (let ms = 11; ms < 500; ms++) {
        watch.record(failing && ms % 2 === 0 ? seen(ms, b, { status: 503 }) : seen(ms, a));
      }
      const [outage] = watch.outages(500);
      // The even ones of 11 to 499.
      expect(outage?.failedAttempts).toBe(failing ? 244 : 0);
      expect(outage?.takenOut).toBeUndefined();
    }
  });

  it('keeps outages of several backends, and of one after the other, apart', () => {
    const watch = new FailoverWatch(servers, 1);
    watch.event({ backend: a, action: 'slow' }, 100);
    watch.event({ backend: b, action: 'hang' }, 100);
    watch.event({ backend: a, action: 'error' }, 200);
    watch.event({ backend: a, action: 'start' }, 300);
    watch.event({ backend: a, action: 'stop' }, 400);
    for (const ms of [50, 150, 250, 350, 450]) watch.record(seen(ms, a));
    const periods = watch
      .outages(500)
      .map((outage) => [
        outage.backend,
        outage.action,
        [outage.before, outage.during, outage.after].map((period) => period && [period.fromMs, period.toMs]),
        [outage.before, outage.during, outage.after].map((period) => period?.requests),
      ]);
    expect(periods).toEqual([
      [a, 'slow', [[0, 100], [100, 200], undefined], [1, 1, undefined]],
      [b, 'hang', [[0, 100], [100, 500], undefined], [1, 4, undefined]],
      [
        a,
        'error',
        [
          [100, 200],
          [200, 300],
          [350, 400],
        ],
        [1, 1, 1],
      ],
      [a, 'stop', [[300, 400], [400, 500], undefined], [1, 1, undefined]],
    ]);
  });

  it('takes requests that it hears of after the next event as if it had known them in time', () => {
    const late = new FailoverWatch(servers, 1);
    late.event({ backend: b, action: 'stop' }, 10);
    late.event({ backend: b, action: 'start' }, 90);
    for (let ms = 1; ms <= 9; ms++) late.record(seen(ms, ms % 2 === 0 ? a : b, { key: `${ms}` }));
    late.record(seen(11, a, { retries: [b] }));
    for (let ms = 12; ms < 90; ms++) late.record(seen(ms, a));
    late.record(seen(95, b));
    expect(late.outages(100)[0]).toMatchObject({
      before: { requests: 9 },
      during: { requests: 79, retries: 1 },
      takenOut: { afterMs: 0, failures: 1, probes: 0 },
      backMs: 4,
      keys: { compared: 0, owned: 0, moved: 0, needless: 0 },
    });
  });

  it('counts the keys that moved against those that had to', () => {
    const watch = new FailoverWatch(servers, 1);
    const home: Record<string, string> = { x: a, y: a, z: b, w: b };
    for (const [key, backend] of Object.entries(home)) watch.record(seen(1, backend, { key }));
    watch.event({ backend: b, action: 'stop' }, 10);
    // Sent before the stop was done, so it says nothing about w.
    watch.record(seen(13, b, { startMs: 11, key: 'w' }));
    watch.done(b, 12);
    // x stays, y strays although its backend is well, z moves; w is not seen again, v was not seen before.
    for (const [key, backend] of Object.entries({ x: a, y: b, z: a, v: a })) {
      watch.record(seen(20, backend, { key }));
    }
    watch.record(seen(21, a, { key: 'y' }));
    expect(watch.outages(30)[0]?.keys).toEqual({ compared: 3, owned: 1, moved: 2, needless: 1 });
  });
});
