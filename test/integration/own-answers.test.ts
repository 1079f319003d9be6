import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { directive } from '../../src/nginx/config/directive.js';
import { CountingBackends } from '../e2e/counting-backends.js';
import { Workplace } from '../e2e/lbbench.js';
import { freePorts } from '../lab/free-port.js';
import { BareNginx } from './bare-nginx.js';
import { describeWithNginx } from './real-nginx.js';

let backends: CountingBackends;
let workplace: Workplace;
let nginx: BareNginx;
beforeAll(async () => {
  backends = await CountingBackends.start(2);
});
afterAll(() => backends.close());
beforeEach(() => {
  workplace = new Workplace();
  nginx = new BareNginx();
  backends.forget();
});
afterEach(() => {
  workplace.remove();
  nginx.remove();
});

/** 200 requests through an nginx that takes 20 a minute for its backends, and answers `/returned` by itself. */
async function run(requests: string) {
  const [port = 0] = await freePorts(1);
  const pool = directive(
    'upstream',
    ['backend'],
    backends.addresses.map((address) => directive('server', [address])),
  );
  const server = directive(
    'server',
    [],
    [
      directive('listen', [`127.0.0.1:${port}`]),
      directive('add_header', ['X-Upstream', '$upstream_addr', 'always']),
      directive(
        'location',
        ['/'],
        [
          directive('limit_req', ['zone=few', 'burst=19', 'nodelay']),
          directive('proxy_pass', ['http://backend']),
        ],
      ),
      directive('location', ['/returned'], [directive('return', ['200', 'ok'])]),
    ],
  );
  const zone = directive('limit_req_zone', ['$server_addr', 'zone=few:1m', 'rate=1r/m']);
  return nginx.serve([], [zone, pool, server], () =>
    workplace.run(
      `target: http://127.0.0.1:${port}\nload: { requests: 200, concurrency: 4 }\nallowErrors: true\n${requests}`,
    ),
  );
}

describeWithNginx("nginx's own answers in a run", () => {
  it('stand apart when it refuses requests: no header is missing, and the spread is judged without them', async () => {
    const { report, code } = await run("thresholds: ['skew < 5%']");
    const [run1] = report.runs;
    const served = run1?.backends.map(({ count }) => count);
    expect(served).toEqual([10, 10]);
    expect(run1).toMatchObject({ status: { '200': 20, '503': 180 }, notProxied: 180, unattributed: 0 });
    expect(run1?.warnings.map(({ code: kind }) => kind)).toContain('not-proxied');
    expect(run1?.warnings.map(({ text }) => text).join()).not.toMatch(/nginx sends the header with/);
    expect({ code, verdict: report.verdict }).toEqual({ code: 0, verdict: 'pass' });
  });

  it('are not told from those of backends where it returns a success, and nobody is told to set a header', async () => {
    const { report, code } = await run(
      "requests: [{ path: /, weight: 1 }, { path: /returned, weight: 1 }]\nthresholds: ['skew < 5%']",
    );
    const [run1] = report.runs;
    expect(run1?.unattributed).toBeGreaterThan(0);
    const text = run1?.warnings.find(({ code: kind }) => kind === 'unattributed')?.text;
    expect(text).toMatch(/carry no X-Upstream although others do: the balancer made them itself/);
    expect(code).toBe(4);
  });
});
