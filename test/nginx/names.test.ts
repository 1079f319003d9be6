import { describe, expect, it } from 'vitest';
import { createBalancer } from '../../src/balancing/balancer.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { namesIn, withAddresses } from '../../src/nginx/names.js';
import { upstreamsOf } from '../../src/nginx/upstream.js';

const config = parseConfig(`upstream u {
  server app:8001 weight=2;
  server 127.0.0.1:8002;
  server unix:/run/app.sock;
  server nowhere;
  server app:8003;
}`);
const upstream = config.ok ? upstreamsOf(config.value).blocks[0]?.upstream : undefined;
if (upstream === undefined) throw new Error('expected an upstream');

const addressesOf = (host: string): readonly string[] =>
  host === 'app' ? ['fd00::0:1', '10.0.0.2', '10.0.0.1'] : [];

describe('withAddresses', () => {
  it('makes a server of each address of a name, IPv4 first, and leaves all else', () => {
    expect(
      withAddresses(upstream, addressesOf).servers.map(({ server, address, weight }) => [
        server,
        address,
        weight,
      ]),
    ).toEqual([
      ['app:8001', '10.0.0.2:8001', 2],
      ['app:8001', '10.0.0.1:8001', 2],
      ['app:8001', '[fd00::1]:8001', 2],
      ['127.0.0.1:8002', '127.0.0.1:8002', 1],
      ['unix:/run/app.sock', 'unix:/run/app.sock', 1],
      ['nowhere', 'nowhere:80', 1],
      ['app:8003', '10.0.0.2:8003', 1],
      ['app:8003', '10.0.0.1:8003', 1],
      ['app:8003', '[fd00::1]:8003', 1],
    ]);
  });

  it('lets the addresses of a name share its keys of a consistent hash', () => {
    const hashed = { ...upstream, algorithm: { method: 'hash', key: '$uri', consistent: true } } as const;
    const balancer = createBalancer(withAddresses(hashed, addressesOf));
    const places = new Map<string, Set<string>>();
    for (let request = 0; request < 600; request += 1) {
      const attempts = balancer.begin({ key: `key-${request % 20}`, remoteAddress: '' });
      const line = balancer.upstream.servers[attempts.next(0) ?? -1];
      attempts.end('ok', 0);
      const key = `key-${request % 20} ${line?.server}`;
      places.set(key, (places.get(key) ?? new Set()).add(line?.address ?? ''));
    }
    // 20 keys, each on one server string, with all three addresses of a name in turn.
    expect(places.size).toBe(20);
    for (const [key, addresses] of places) expect(addresses.size).toBe(key.includes('app:') ? 3 : 1);
  });
});

describe('namesIn', () => {
  it('lists each name once', () => {
    expect(namesIn(upstream)).toEqual(['app', 'nowhere']);
  });
});
