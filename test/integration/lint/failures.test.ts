import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithNginx } from '../real-nginx.js';
import { Backends } from './backends.js';
import type { Client } from './client.js';
import { serving } from './site.js';

let backends: Backends;
beforeAll(async () => {
  backends = await Backends.start(2);
});
afterEach(() => backends.reset());
afterAll(() => backends.close());

/** A pool whose first server has parameters, and what stands beside its `proxy_pass`. */
function site(parameters: string, beside = ''): string {
  const [a, b] = backends.addresses;
  return `http {
    upstream backend {
        server ${a} ${parameters};
        server ${b};
    }
    server {
        listen 127.0.0.1:PORT;
        location / { proxy_pass http://backend; ${beside} }
    }
}
`;
}

/** The first server fails the first request that it gets, and is well from then on. */
function failOnce(): void {
  backends.answer((response, _, name) => {
    if (name === 'a') response.destroy();
    else response.end(name);
    if (name === 'a') backends.answer((next, __, who) => next.end(who));
  });
}

describeWithNginx('failures', () => {
  it.each([
    ['fail-timeout-of-minutes', '2m'],
    ['fail-timeout-of-hours', '10000s'],
  ])('keep a server out that has long been well: %s', async (rule, timeout) => {
    const afterTwoSeconds = async (client: Client) => {
      failOnce();
      await client.served(2, '/');
      // nginx counts whole seconds.
      await sleep(2_200);
      return client.served(10, '/');
    };
    const config = site(`fail_timeout=${timeout}`);
    expect(await serving({ config, finds: [rule] }, afterTwoSeconds)).toEqual({ b: 10 });
    const mended = await serving({ config: site('fail_timeout=1s'), finds: [] }, afterTwoSeconds);
    // What has failed comes back with less than its weight.
    expect(mended.a).toBeGreaterThanOrEqual(4);
  });

  it('are what an answer 429 counts as', async () => {
    const afterOne = async (client: Client) => {
      backends.answer((response, _, name) => {
        response.statusCode = name === 'a' ? 429 : 200;
        response.end(name);
        if (name === 'a') backends.answer((next, __, who) => next.end(who));
      });
      await client.served(2, '/');
      return client.served(10, '/');
    };
    const config = site('', 'proxy_next_upstream error timeout http_429;');
    expect(await serving({ config, finds: ['overload-takes-out'] }, afterOne)).toEqual({ b: 10 });
    const mended = site('', 'proxy_next_upstream error timeout;');
    expect(await serving({ config: mended, finds: [] }, afterOne)).toEqual({ a: 5, b: 5 });
  });

  it('make a second server do the work of a POST again', async () => {
    const posted = async (client: Client) => {
      backends.reset();
      failOnce();
      const statuses: number[] = [];
      for (let sent = 0; sent < 2; sent++)
        statuses.push((await client.get('/', {}, '{"prompt":"Hi"}')).status);
      return { statuses, worked: backends.requests.reduce((sum, count) => sum + count, 0) };
    };
    const config = site('', 'proxy_next_upstream error timeout non_idempotent;');
    expect(await serving({ config, finds: ['post-repeated'] }, posted)).toEqual({
      statuses: [200, 200],
      worked: 3,
    });
    const mended = site('', 'proxy_next_upstream error timeout;');
    expect(await serving({ config: mended, finds: [] }, posted)).toEqual({
      statuses: [502, 200],
      worked: 2,
    });
  });
});
