import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LbbenchError } from '../../../src/model/fault.js';
import type { SimulationReport } from '../../../src/model/simulation.js';
import { type SimulationOptions, simulate } from '../../../src/run/simulate/simulate.js';
import { recorded } from '../../balancing/recorded.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-simulate-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const three = 'upstream backend { server 10.0.0.1:1; server 10.0.0.2:2; server 10.0.0.3:3; }';

/** Runs a simulation and also collects its picks. */
async function simulated(
  upstream: string,
  options: Partial<SimulationOptions>,
): Promise<{ readonly report: SimulationReport; readonly picks: string[] }> {
  let text = '';
  const report = await simulate({
    upstreamFile: file('upstream.conf', upstream),
    algorithms: [],
    requests: { uris: undefined, addresses: undefined, requests: undefined },
    seed: 1,
    onPicks: async (piece) => {
      text += piece;
    },
    ...options,
  });
  return { report, picks: text.split('\n').slice(0, -1) };
}

function lists(given: { uris?: string; addresses?: string; requests?: number }) {
  return { uris: undefined, addresses: undefined, requests: undefined, ...given };
}

/** The faults that a simulation ends with. */
async function faultsOf(upstream: string, options: Partial<SimulationOptions>) {
  const error = await simulated(upstream, options).then(
    () => expect.fail('expected the simulation to be refused'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LbbenchError);
  return (error as LbbenchError).faults.map((fault) => ({
    ...fault,
    file: fault.file?.replace(`${folder}/`, ''),
  }));
}

const isAlive = (address: string) => !/:(12190|12191|12193|80)$/.test(address);
/** Recorded cases in which every server answered, as a simulation knows no failures, and whose key needs no header. */
const mappings = recorded.mapping_cases.filter(
  ({ addrs, upstream }) => addrs.every(isAlive) && !upstream.includes('$host'),
);
/** The recording set addresses by nginx's realip module, which refuses this one and keeps the connection's. */
const clients = [...recorded.v4, ...recorded.v6].map((ip) => (ip === '255.255.255.255' ? '127.0.0.1' : ip));

describe('a simulation', () => {
  it.each(mappings.map((one) => [one.id, one] as const))(
    'picks what real nginx was recorded to pick: %s',
    async (_, { upstream, addrs, kind, picks }) => {
      const uris = kind === 'argk' ? recorded.requests_argk : recorded.uris;
      const requests =
        kind === 'ip'
          ? lists({ addresses: file('addresses.txt', clients.join('\n')) })
          : lists({ uris: file('uris.txt', `${uris.join('\n')}\n`) });
      const result = await simulated(upstream, { requests });
      expect(result.picks).toEqual(picks.split(' ').map((index) => addrs[Number(index)]));
    },
  );

  it('draws random picks from the seed of a recorded nginx worker', async () => {
    const [one] = recorded.random_cases.cases;
    expect(one?.id).toBe('random_eq3');
    const expected = one?.picks.split(' ').map((index) => one.addrs[Number(index)]) ?? [];
    const requests = lists({ requests: expected.length });
    const { picks } = await simulated(one?.upstream ?? '', { requests, seed: one?.srandom_seed ?? 0 });
    expect(picks).toEqual(expected);
  });

  it('writes one column for each algorithm, under their names as given', async () => {
    const { picks } = await simulated(three, {
      algorithms: ['round_robin', 'hash  $request_uri'],
      requests: lists({ uris: file('foo.txt', '/foo\n/foo\n') }),
    });
    // crc32("/foo") >> 16 & 0x7fff is 10791, and 10791 mod 3 is 0.
    expect(picks).toEqual([
      'round_robin\thash  $request_uri',
      '10.0.0.1:1\t10.0.0.1:1',
      '10.0.0.2:2\t10.0.0.1:1',
    ]);
  });

  it('pairs targets with addresses line by line, and starts the shorter list over', async () => {
    const requests = lists({
      uris: file('two.txt', '/a\n/b\n'),
      addresses: file('three.txt', '10.1.0.1\r\n10.2.0.1\n::1'),
    });
    const { report, picks } = await simulated(three, { algorithms: ['hash $uri$remote_addr'], requests });
    const alone = async (key: string) =>
      (
        await simulated(three, {
          algorithms: ['hash $request_uri'],
          requests: lists({ uris: file('one.txt', key) }),
        })
      ).picks[0];
    expect(report.requests).toBe(3);
    expect(picks).toEqual([await alone('/a10.1.0.1'), await alone('/b10.2.0.1'), await alone('/a::1')]);
  });

  it('makes as many requests as asked for, however long the lists are', async () => {
    const uris = file('two.txt', '/a\n/b\n');
    for (const count of [1, 5]) {
      const { report, picks } = await simulated(three, { requests: lists({ uris, requests: count }) });
      expect([report.requests, picks.length]).toEqual([count, count]);
    }
  });

  it('prints the name of the upstream where no server is left, and a dash where nginx answers 400', async () => {
    const uris = file('odd.txt', '/ok\nno-slash\n\n/%zz\n/a b\n');
    const { report, picks } = await simulated('upstream full { server 10.0.0.1 down; }', {
      requests: lists({ uris }),
    });
    expect(picks).toEqual(['full', '-', '-', '-', '-']);
    expect(report).toMatchObject({ requests: 5, notBalanced: 4, runs: [{ noBackendLeft: 1 }] });
    expect(report.warnings.map(({ code }) => code)).toEqual(['errors']);
  });

  it('hashes bytes as they are, whatever encoding they would be', async () => {
    const uris = file('bytes.txt', Buffer.from([0x2f, 0xff, 0xe9, 0x0a]));
    const { report } = await simulated(three, {
      algorithms: ['hash $request_uri'],
      requests: lists({ uris }),
    });
    // zlib.crc32 of 2f ff e9 is 0x86a27f61: 0x86a2 & 0x7fff is 1698, and 1698 mod 3 is 0.
    expect(report.runs[0]?.backends.map(({ count }) => count)).toEqual([1, 0, 0]);
  });

  it('reports shares, skew and keys side by side', async () => {
    const { report } = await simulated('upstream u { server 10.0.0.1 weight=3; server 10.0.0.2 weight=2; }', {
      algorithms: ['round_robin', 'ip_hash'],
      requests: lists({ addresses: file('nets.txt', '10.0.0.1\n10.0.0.2\n10.0.1.1\n10.0.2.1\n10.0.3.1\n') }),
    });
    const [robin, hash] = report.runs;
    expect(robin?.backends.map(({ count, share, keys }) => [count, share, keys])).toEqual([
      [3, 0.6, undefined],
      [2, 0.4, undefined],
    ]);
    expect(robin?.distribution.skew).toBeCloseTo(0, 12);
    expect(robin?.keys).toBeUndefined();
    // 10.0.0.1 and 10.0.0.2 are one /24, so five addresses are four keys.
    expect(hash?.keys).toEqual({ distinct: 4, capped: false });
    expect(hash?.backends.reduce((sum, { keys }) => sum + (keys ?? 0), 0)).toBe(4);
  });

  it('takes a block out of a whole configuration, by its name where there are several', async () => {
    const config = `events {} http { upstream a { server 10.0.0.1; } upstream b { server 10.0.0.2:81; } }`;
    const { picks } = await simulated(config, { upstreamName: 'b', requests: lists({ requests: 1 }) });
    expect(picks).toEqual(['10.0.0.2:81']);
    expect(await faultsOf(config, { requests: lists({ requests: 1 }) })).toEqual([
      {
        file: 'upstream.conf',
        message: 'expected one upstream block, got 2',
        hint: 'choose one with --upstream-name; there are "a", "b"',
      },
    ]);
    expect(await faultsOf(config, { upstreamName: 'c', requests: lists({ requests: 1 }) })).toMatchObject([
      { path: '--upstream-name', message: 'expected the name of an upstream block, got "c"' },
    ]);
  });

  it('makes one server of each address of a name', async () => {
    const { report } = await simulated('upstream u { server localhost:81; }', {
      requests: lists({ requests: 1 }),
    });
    for (const { address } of report.runs[0]?.backends ?? [])
      expect(address).toMatch(/^(127\.0\.0\.1|\[::1\]):81$/);
    expect(
      await faultsOf('upstream u { server lbbench.invalid; }', { requests: lists({ requests: 1 }) }),
    ).toMatchObject([
      { message: expect.stringMatching(/^expected a host name that resolves, got "lbbench\.invalid"/) },
    ]);
  });

  it.each([
    ['a missing upstream file', three, { upstreamFile: '/nowhere/x.conf' }, /expected a readable file, got/],
    ['a file without an upstream block', 'http { }', {}, /^expected an upstream block, got none$/],
    ['a block that nginx refuses', 'upstream u { server 10.0.0.1 weight=0; }', {}, /^expected .*weight/],
    ['a method that nginx does not have', three, { algorithms: ['best'] }, /^expected a balancing method/],
    ['a key that no request determines', three, { algorithms: ['hash $pid'] }, /^expected a variable that/],
    ['a missing list', three, { requests: lists({ uris: '/nowhere/uris' }) }, /got no such file$/],
  ])('refuses %s', async (_, upstream, options, message) => {
    const faults = await faultsOf(upstream, { requests: lists({ requests: 1 }), ...options });
    expect(faults).toHaveLength(1);
    expect(faults[0]?.message).toMatch(message);
    expect(faults[0]?.file ?? faults[0]?.path).toBeDefined();
  });

  it('refuses an empty list, and a line that is no address, with its place', async () => {
    expect(await faultsOf(three, { requests: lists({ uris: file('none.txt', '') }) })).toEqual([
      { file: 'none.txt', message: 'expected one request target a line, such as /chat, got an empty file' },
    ]);
    const addresses = file('bad.txt', '10.0.0.1\n10.0.0\u001b[2J\n');
    expect(await faultsOf(three, { requests: lists({ addresses }) })).toEqual([
      {
        file: 'bad.txt',
        line: 2,
        message: 'expected a client address, got "10.0.0\\u001b[2J"',
        hint: "write it as nginx's $remote_addr: 10.0.0.1, ::1 or unix:",
      },
    ]);
    const uris = file('long.txt', `/${'a'.repeat(700_000)}`);
    expect(await faultsOf(three, { requests: lists({ uris }) })).toMatchObject([
      { file: 'long.txt', line: 1, message: 'expected lines of at most 65536 bytes, got a longer one' },
    ]);
  });

  it('takes addresses as nginx writes them, and passes empty lines', async () => {
    const picksOf = async (text: string) => {
      const requests = lists({ addresses: file('addresses.txt', text) });
      const options = { algorithms: ['hash $remote_addr'], requests };
      return (
        await simulated(
          'upstream u { server 10.0.0.1; server 10.0.0.2; server 10.0.0.3; server 10.0.0.4; server 10.0.0.5; }',
          options,
        )
      ).picks;
    };
    const canonical = '2001:db8::a\n::1\n10.0.0.1\n';
    const picks = await picksOf(canonical);
    expect(picks).toHaveLength(3);
    expect(await picksOf('2001:DB8:0:0::A\n\n0:0::1\n10.0.0.1\n\n')).toEqual(picks);
  });

  it('says what lists cannot tell', async () => {
    const { report } = await simulated(three, {
      algorithms: ['hash $http_x$arg_a', 'ip_hash', 'hash $request_uri'],
      requests: lists({ requests: 1 }),
    });
    expect(report.warnings).toEqual([
      {
        code: 'configuration',
        text: 'hash $http_x$arg_a: requests from lists have no headers, so $http_x is empty; a log may carry it',
      },
      {
        code: 'one-source-network',
        text: 'ip_hash: all requests come from 127.0.0.1; --addresses gives others',
      },
    ]);
  });
});
