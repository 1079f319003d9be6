import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { CountingBackends } from '../e2e/counting-backends.js';
import { Workplace } from '../e2e/lbbench.js';
import { balancing } from './balancing-nginx.js';
import { describeWithNginx } from './real-nginx.js';

let backends: CountingBackends;
let workplace: Workplace;
beforeAll(async () => {
  backends = await CountingBackends.start(2);
});
afterAll(() => backends.close());
beforeEach(() => {
  workplace = new Workplace();
  backends.forget();
});
afterEach(() => workplace.remove());

const load = 'load: { requests: 1000, concurrency: 10 }';

/** Runs against nginx and holds the counts of the report against what the backends counted themselves. */
async function expectCountsEqual(scenario: string, args: readonly string[] = []) {
  return balancing(backends.addresses, async (port) => {
    const { report, code, stderr } = await workplace.run(
      `target: http://127.0.0.1:${port}\n${scenario}`,
      args,
    );
    const [run] = report.runs;
    if (run === undefined) throw new Error('expected a run');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(Object.fromEntries(run.backends.map(({ address, count }) => [address, count]))).toEqual(
      backends.counts(),
    );
    expect(run.outcomes).toMatchObject({ started: 1000, responses: 1000 });
    expect(run.status).toEqual({ '200': 1000 });
    expect(run.unattributed).toBe(0);
    return run;
  });
}

describeWithNginx('lbbench run in front of nginx with two backends', () => {
  it('counts each GET to the backend that served it', async () => {
    const run = await expectCountsEqual(load);
    expect(backends.requests()).toEqual({ 'GET /': 1000 });
    // One nginx process takes turns.
    expect(run.backends.map(({ count }) => count)).toEqual([500, 500]);
    expect(run.distribution.skew).toBe(0);
    // nginx closes a connection after 1,000 requests, so ten of them served all.
    expect(run.connectMs.count).toBe(10);
  });

  it('counts each POST of JSON and of text, and both arrive whole', async () => {
    const run = await expectCountsEqual(`${load}
requests:
  - { name: chat, method: POST, path: /chat, json: { message: "Hi" }, weight: 3 }
  - { name: completions, method: POST, path: /completions, text: "Once upon a time", weight: 1 }
`);
    const [chat = 0, completions = 0] = run.requests.map(({ count }) => count);
    expect(backends.requests()).toEqual({
      'POST /chat application/json {"message":"Hi"}': chat,
      'POST /completions text/plain; charset=utf-8 Once upon a time': completions,
    });
    // 750 of 1,000 expected; seven standard deviations of sqrt(1000 * 0.75 * 0.25) = 13.7 are 96.
    expect(chat).toBeGreaterThan(654);
    expect(chat).toBeLessThan(846);
  });

  it('counts the same when two threads send', async () => {
    const run = await expectCountsEqual(load, ['--threads', '2']);
    expect(run.connectMs.count).toBe(10);
  });

  it('opens a connection for each request without keep-alive', async () => {
    const run = await expectCountsEqual('load: { requests: 1000, concurrency: 10, keepAlive: false }');
    expect(run.connectMs.count).toBe(1000);
  });

  it('counts the same with autocannon', async () => {
    await expectCountsEqual(load, ['--engine', 'autocannon']);
  });

  it('says that responses without the header are not attributed, and how to get it', async () => {
    await balancing(backends.addresses, async (port) => {
      const { report, code } = await workplace.run(
        `target: http://127.0.0.1:${port}\nload: { requests: 5 }\nrequests: [{ path: /bare }]\nattribution: { header: X-Other }`,
      );
      expect(code).toBe(0);
      expect(report.runs[0]).toMatchObject({ unattributed: 5, backends: [], distribution: { skew: null } });
      expect(report.runs[0]?.warnings).toEqual([
        expect.objectContaining({
          code: 'unattributed',
          text: expect.stringContaining('add_header x-other $upstream_addr'),
        }),
      ]);
    });
  });
});
