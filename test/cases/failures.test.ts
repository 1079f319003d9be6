import { describe, expect, it } from 'vitest';
import { createBalancer } from '../../src/balancing/balancer.js';
import { type FailureCase, recorded, upstreamOf } from '../balancing/recorded.js';

const dead: ReadonlySet<string> = new Set(['12190', '12191', '12193', '80']);
const startSec = 1_795_341_335;

/** What one backend did in the recording: refuse or reset (502), or answer with a status. */
function answerOf(port: string, uri: string): { readonly status: number; readonly isError: boolean } {
  const query = new URLSearchParams(uri.split('?')[1] ?? '');
  if (dead.has(port) || query.get('fail')?.split(',').includes(port)) return { status: 502, isError: true };
  const named = [...query].find(
    ([name, ports]) => /^code\d{3}$/.test(name) && ports.split(',').includes(port),
  );
  return { status: named === undefined ? 200 : Number(named[0].slice('code'.length)), isError: false };
}

/** nginx's own rules of what is tried again (ngx_http_upstream_test_next and _next), over the balancer. */
function replay({ upstream, addrs, proxy_next_upstream, location_extra, rows }: FailureCase): unknown[] {
  const conditions = proxy_next_upstream.split(' ');
  const maxTries = Number(/proxy_next_upstream_tries (\d+);/.exec(location_extra)?.[1] ?? 0);
  const balancer = createBalancer(upstreamOf(upstream), { maxTries });
  return rows.map(([second, uri]) => {
    const nowSec = startSec + second;
    const attempts = balancer.begin({ key: uri, remoteAddress: '127.0.0.1' });
    let token = '';
    const statuses: number[] = [];
    for (;;) {
      const server = attempts.next(nowSec);
      if (server === undefined) {
        token += 'u';
        statuses.push(502);
        break;
      }
      const address = addrs[server] ?? '';
      token += addrs.indexOf(address);
      const port = /\d+$/.exec(address)?.[0] ?? '';
      const { status, isError } = answerOf(port, uri);
      statuses.push(status);
      if (isError) {
        attempts.end('failed', nowSec);
        if (attempts.triesLeft > 0 && conditions.includes('error')) continue;
      } else if (conditions.includes(`http_${status}`) && attempts.triesLeft > 1) {
        attempts.end(status === 403 || status === 404 ? 'ok' : 'failed', nowSec);
        continue;
      } else {
        attempts.end('ok', nowSec);
      }
      break;
    }
    return [second, uri, token, statuses.join(', '), statuses.at(-1)];
  });
}

describe('the failures of real nginx 1.22.1', () => {
  it.each(recorded.failure_cases.cases)('fails over as recorded: $id', (failureCase) => {
    expect(failureCase.rows.length).toBeGreaterThan(0);
    expect(replay(failureCase)).toEqual(failureCase.rows);
  });
});
