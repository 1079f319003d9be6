import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Workplace } from './lbbench.js';

let workplace: Workplace;
beforeEach(() => {
  workplace = new Workplace();
  workplace.write(
    'pool.conf',
    'upstream backend {\n  hash $request_uri;\n  server 127.0.0.1:8001;\n  server 127.0.0.1:8002 weight=2;\n}\n',
  );
  workplace.write('uris.txt', '/foo\n/bar\n/foo\n');
});
afterEach(() => workplace.remove());

const simulate = ['simulate', '--upstream', 'pool.conf'];

// zlib's crc32("/foo") is 0xaa27dc47: 0xaa27 & 0x7fff is 10791, and 10791 mod 3 is 0, within the first weight of 1.
// crc32("/bar") is 0x50ab35cc: 0x50ab is 20651, and 20651 mod 3 is 2, the second server.
const [first, second] = ['127.0.0.1:8001', '127.0.0.1:8002'];

describe('lbbench simulate', () => {
  it('prints a table, and picks into a file', async () => {
    const { code, stdout, stderr } = await workplace.lbbench([
      ...simulate,
      '--uris',
      'uris.txt',
      '--picks',
      'picks',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^upstream backend\n3 requests · one after the other · none was sent · seed 1\n/);
    expect(stdout).toMatch(/127\.0\.0\.1:8001 +33\.3 % +2 +66\.7 %\n/);
    expect(workplace.read('picks')).toBe(`${first}\n${second}\n${first}\n`);
  });

  it('prints only the picks when they go to stdout, in a column for each algorithm', async () => {
    const args = ['--requests', '2', '--algorithm', 'round_robin', '--algorithm', 'ip_hash', '--picks', '-'];
    const { code, stdout, stderr } = await workplace.lbbench([...simulate, ...args]);
    expect(code).toBe(0);
    // Without a table its warnings go to stderr.
    expect(stderr).toBe('warning: ip_hash: all requests come from 127.0.0.1; --addresses gives others\n');
    // Weights 1 and 2 begin with the heavier one. ip_hash of 127.0.0: ((89 * 113 + 127) * 113 * 113) mod 6271.
    let hash = 89;
    for (const octet of [127, 0, 0]) hash = (hash * 113 + octet) % 6271;
    const home = hash % 3 < 1 ? first : second;
    expect(stdout).toBe(`round_robin\tip_hash\n${second}\t${home}\n${first}\t${home}\n`);
  });

  it('writes its figures as JSON', async () => {
    const { stdout } = await workplace.lbbench([...simulate, '--uris', 'uris.txt', '--export-json', '-']);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'lbbench.simulation/1',
      upstream: 'backend',
      requests: 3,
      durationMs: null,
      runs: [
        {
          algorithm: 'hash $request_uri',
          backends: [
            { address: first, weight: 1, count: 2, share: 2 / 3, keys: 1 },
            { address: second, weight: 2, count: 1, share: 1 / 3, keys: 1 },
          ],
          keys: { distinct: 2, capped: false },
        },
      ],
    });
  });

  it.each([
    [['--uris', 'nope.txt'], 'nope.txt  expected a file that can be read, got no such file\n'],
    [['--requests', '0'], '--requests: expected a whole number of at least 1, got "0"\n'],
    [['--requests', '1', '--seed', 'x'], '--seed: expected a whole number of at least 0, got "x"\n'],
    [['--requests', '1', '--log', 'a'], '--log: expected requests from one place,'],
    [
      ['--requests', '1', '--format', 'combined'],
      '--format: expected a log that it is the format of, got none\n',
    ],
    [[], 'expected requests to simulate, got none\n'],
    [
      ['--requests', '1', '--upstream-name', 'x'],
      'pool.conf  --upstream-name: expected the name of an upstream block',
    ],
    [['--requests', '1', '--picks', '/nowhere/p'], '--picks: expected a file that can be written'],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await workplace.lbbench([...simulate, ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.match(/expected/g)).toHaveLength(1);
  });

  it('reads requests from a pipe', async () => {
    const { code, stdout, stderr } = await workplace.shell(
      'cat uris.txt | $LBBENCH simulate --upstream pool.conf --uris /dev/stdin --picks -',
    );
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `${first}\n${second}\n${first}\n`,
      stderr: '',
    });
  });
});
