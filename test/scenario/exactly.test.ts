import { describe, expect, it } from 'vitest';
import { faultsOf, planOf } from './load-text.js';

const scenario = (requests: string, load = '{}') =>
  `target: http://h\nload: ${load}\nrequests: [${requests}]`;

const hundredEach = '{ path: /a, exactly: 100 }, { path: /b, exactly: 100 }';

describe('exact numbers of requests', () => {
  it('make the number of the run', () => {
    const plan = planOf(scenario(hundredEach));
    expect(plan.load.requests).toBe(200);
    expect(plan.requests.map(({ exactly }) => exactly)).toEqual([100, 100]);
    expect(planOf(scenario('{ path: /a, exactly: 1.5k }')).load.requests).toBe(1500);
    expect(planOf(scenario(hundredEach, '{ requests: 200 }')).load.requests).toBe(200);
  });

  it('leave no room for another end of the run, also by flags', () => {
    expect(faultsOf(scenario(hundredEach, '{ requests: 100 }'))).toEqual([
      's.yaml:2:19  load.requests: expected nothing or the 200 that exactly makes of the requests, got 100\n    hint: leave it out, or give the requests a weight in place of exactly',
    ]);
    expect(faultsOf(scenario(hundredEach, '{ duration: 30s }'))).toEqual([
      expect.stringContaining(
        'load.duration: expected nothing or the 200 that exactly makes of the requests',
      ),
    ]);
    expect(faultsOf(scenario(hundredEach), {}, { requests: 50 })).toEqual([
      expect.stringMatching(/^-n: .* got 50/),
    ]);
  });

  it('are of all requests or of none, and no weights', () => {
    expect(faultsOf(scenario('{ path: /a, exactly: 100 }, { path: /b }'))).toEqual([
      expect.stringContaining('requests[1]: expected exactly as with other requests, got none'),
    ]);
    expect(faultsOf(scenario('{ path: /a, exactly: 100, weight: 2 }'))).toEqual([
      expect.stringContaining('requests[0].weight: expected one of exactly and weight, got both'),
    ]);
    expect(faultsOf(scenario('{ path: /a, exactly: 0 }'))).toEqual([
      expect.stringContaining('requests[0].exactly: expected an integer of at least 1, got 0'),
    ]);
    expect(faultsOf(scenario('{ path: /a, exactly: 100 }, { path: /b, exactly: ten }'))).toHaveLength(1);
    expect(faultsOf(scenario('{ path: /a, exactly: 3000M }'))).toEqual([
      expect.stringContaining('requests: expected at most 2147483648 requests, got 3000000000'),
    ]);
  });
});
