import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { directive } from '../../src/nginx/config/directive.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { simulate } from '../../src/run/simulate/simulate.js';
import { BareNginx } from './bare-nginx.js';
import { describeWithNginx } from './real-nginx.js';

const nginx = new BareNginx();

afterAll(() => {
  nginx.remove();
});

const socketOf = (index: number): string => `unix:${join(nginx.folder, `b${index}.sock`)}`;
const most = 7;
const requests = 250;

/** Targets as odd as clients send them; one character a byte. Some are answered 400. */
const targets: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      '/',
      '/chat',
      '/completions/',
      '/a//b/../c',
      '/%C3%A9',
      '/n\xc3\xa4he',
      '/\xff',
      '/%zz',
      'none',
    ),
    fc.integer({ min: 0, max: 10_000 }),
    fc.constantFrom('', '?', '?user=', '?a=1&user='),
  )
  .map(([path, number, query]) => (query === '' ? `${path}${number}` : `${path}${query}${number}`));

/** nginx's realip module refuses the broadcast address. */
const addresses = fc.oneof(fc.ipV4(), fc.ipV6()).filter((address) => address !== '255.255.255.255');

/** A pool whose every server answers; the method's line stands last, where nginx takes backups with all of them. */
const poolOf = (method: string) =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom('', '', '', ' down', ' backup')), {
      minLength: 2,
      maxLength: most,
    })
    .map((lines) =>
      lines.map(
        ([weight, more], index) =>
          `server ${socketOf(index)} weight=${weight}${index === 0 && more === ' backup' ? '' : more};`,
      ),
    )
    .map((lines) => `${lines.join(' ')} ${method}`);

const methods = [
  '',
  'least_conn;',
  'ip_hash;',
  'hash $request_uri;',
  'hash $request_uri consistent;',
  'hash $uri$arg_user;',
];

describeWithNginx('picks of a simulation', () => {
  it('are those of real nginx, request by request', async () => {
    const pools = methods.flatMap((method, n) =>
      fc
        .sample(poolOf(method), { seed: 17 + n, numRuns: 2 })
        .map((text, index) => ({ name: `p${n}x${index}`, text })),
    );
    const uris = fc.sample(targets, { seed: 5, numRuns: requests });
    const clients = fc.sample(addresses, { seed: 6, numRuns: requests });
    const conf = pools.map(({ name, text }) => `upstream ${name} { ${text} }\n`).join('');
    const blocks = parseConfig(conf);
    if (!blocks.ok) throw new Error(JSON.stringify(blocks.faults));
    const listens = Array.from({ length: most }, (_, index) => directive('listen', [socketOf(index)]));
    const answering = directive('server', [], [...listens, directive('return', ['200', 'served'])]);
    const locations = [
      directive('set_real_ip_from', ['unix:']),
      directive('real_ip_header', ['X-Real-IP']),
      directive('add_header', ['X-Upstream', '$upstream_addr', 'always']),
      // A variable that names an upstream block keeps that block's state.
      directive('location', ['/'], [directive('proxy_pass', ['http://$http_x_pool'])]),
    ];
    const observed = await nginx.serve(locations, [...blocks.value, answering], async () => {
      const picks = new Map<string, string[]>();
      for (const { name } of pools) {
        const own: string[] = [];
        for (const [index, uri] of uris.entries()) {
          const headers = `Host: lb\r\nX-Pool: ${name}\r\nX-Real-IP: ${clients[index]}`;
          const { head } = await nginx.exchange(`GET ${uri} HTTP/1.0\r\n${headers}\r\n\r\n`);
          own.push(/^X-Upstream: (.*)$/m.exec(head)?.[1]?.trim() ?? '-');
        }
        picks.set(name, own);
      }
      return picks;
    });

    const file = (name: string, text: string) => {
      writeFileSync(join(nginx.folder, name), text, 'latin1');
      return join(nginx.folder, name);
    };
    const lists = {
      uris: file('uris.txt', `${uris.join('\n')}\n`),
      addresses: file('addresses.txt', `${clients.join('\n')}\n`),
      requests: undefined,
    };
    for (const { name, text } of pools) {
      let picks = '';
      const onPicks = async (piece: string) => {
        picks += piece;
      };
      const upstreamFile = file('pools.conf', conf);
      await simulate({ upstreamFile, upstreamName: name, algorithms: [], requests: lists, seed: 1, onPicks });
      expect([text, ...picks.split('\n').slice(0, -1)]).toEqual([text, ...(observed.get(name) ?? [])]);
    }
    const all = [...observed.values()].flat();
    expect(new Set(all).size).toBeGreaterThan(5);
    expect(all.filter((pick) => pick === '-').length).toBeGreaterThan(100);
  });
});
