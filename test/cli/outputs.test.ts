import { existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json } from '../../src/report/json.js';
import { report } from '../report/fixture.js';
import { describeWithSmallDisk, SmallDisk } from '../small-disk.js';
import { lbbench } from './io-fixture.js';

let folder: string;
const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
const scripted = (name: string) => `
name: ${name}
target: http://127.0.0.1:9
engine: scripted
expect: { 127.0.0.1:8001: 1, 127.0.0.1:8002: 1 }
load: { requests: 40, concurrency: 4 }
`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-outputs-'));
  writeFileSync(at('plan.yaml'), scripted('plan'));
  writeFileSync(at('lost.yaml'), 'target: http://no-such-host.invalid\nload: { requests: 5 }\n');
  writeFileSync(at('old.json'), json(report()));
  writeFileSync(at('kept.txt'), 'of an earlier run\n');
  writeFileSync(
    at('access.log'),
    '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n',
  );
  writeFileSync(at('pool.conf'), 'upstream pool { server 127.0.0.1:8001; }\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (file: string, ...flags: string[]) => lbbench(folder, ['run', at(file), '--quiet', ...flags]);

describe('an output', () => {
  it('may be the baseline, which is read before it is replaced', async () => {
    await run('plan.yaml', '--export-json', 'same.json');
    const earlier = JSON.parse(read('same.json'));
    const rule = ['--threshold', 'p99 <= baseline * 3'];
    const { code } = await run('plan.yaml', '--baseline', 'same.json', '--export-json', 'same.json', ...rule);
    expect(code).toBe(0);
    expect(JSON.parse(read('same.json'))).toMatchObject({ verdict: 'pass', runs: [{ name: 'plan' }] });
    expect(JSON.parse(read('same.json')).thresholds).toHaveLength(2);
    expect(earlier.thresholds).toHaveLength(1);
  });

  it.each([
    [
      'a baseline that is missing',
      2,
      'plan.yaml',
      ['--baseline', 'none.json', '--threshold', 'p99 <= baseline'],
    ],
    ['a target that cannot be reached', 3, 'lost.yaml', []],
    ['a reports folder that is a file', 2, 'plan.yaml', ['--reports', 'kept.txt']],
    ['another output that cannot be opened', 2, 'plan.yaml', ['--export-html', 'none/report.html']],
  ])('keeps what it holds, and is not made, for %s', async (_, code, file, flags) => {
    const outputs = ['--export-csv', 'kept.txt', '--export-markdown', 'new.md', '--samples', 'new.ndjson'];
    expect((await run(file, ...outputs, ...flags)).code).toBe(code);
    expect(read('kept.txt')).toBe('of an earlier run\n');
    expect(existsSync(at('new.md'))).toBe(false);
    expect(existsSync(at('new.ndjson'))).toBe(false);
  });

  it('holds nothing of before once there is something new', async () => {
    writeFileSync(at('long.md'), 'x'.repeat(100_000));
    expect((await run('plan.yaml', '--export-markdown', 'long.md')).code).toBe(0);
    expect(read('long.md')).toMatch(/^## `plan`/);
    expect(read('long.md')).not.toContain('xxx');
  });
});

describe('what went wrong first', () => {
  it('is told, not what closing the outputs found besides', async () => {
    writeFileSync(at('clients.txt'), '10.0.0.1\nno address\n');
    const { code, stderr } = await lbbench(folder, [
      ...['simulate', '--upstream', at('pool.conf'), '--addresses', at('clients.txt')],
      ...['--picks', '/dev/full'],
    ]);
    expect(stderr).toContain('clients.txt:2  expected a client address, got "no address"');
    expect(stderr).not.toContain('ENOSPC');
    expect(code).toBe(2);
  });
});

describeWithSmallDisk('on a disk that is full', () => {
  it('an export leaves the report of before as it was, and init no half of a scenario', async () => {
    using disk = new SmallDisk(64);
    const baseline = join(disk.folder, 'baseline.json');
    writeFileSync(baseline, 'of an earlier run\n');
    disk.fill();
    const exported = await run('plan.yaml', '--export-json', baseline);
    expect(exported.stderr).toBe(
      `--export-json: expected a file that can be written, got ${JSON.stringify(baseline)} (ENOSPC)\n`,
    );
    expect(exported.code).toBe(2);
    expect(readFileSync(baseline, 'utf8')).toBe('of an earlier run\n');
    expect((await lbbench(disk.folder, ['init'])).stderr).toContain('could not be written (ENOSPC)');
    expect(readdirSync(disk.folder).sort()).toEqual(['baseline.json', 'filler']);
  });
});

describe('two outputs', () => {
  it.each([
    [
      ['run', 'plan.yaml'],
      ['--export-json', '--export-csv'],
    ],
    [
      ['run', 'plan.yaml'],
      ['--export-html', '--samples'],
    ],
    [
      ['ab', 'http://127.0.0.1:9/'],
      ['--export-json', '--samples'],
    ],
    [
      ['ab', 'http://127.0.0.1:9/'],
      ['-e', '-g'],
    ],
    [
      ['log', 'access.log'],
      ['--export-json', '--export-csv'],
    ],
    [
      ['report', 'old.json'],
      ['--export-json', '--export-html'],
    ],
    [
      ['compare', 'old.json', 'old.json'],
      ['--export-json', '--export-markdown'],
    ],
    [
      ['simulate', '--upstream', 'pool.conf', '--requests', '2'],
      ['--picks', '--export-json'],
    ],
  ])(
    'of %j may not both go to stdout, nor to one file',
    async ([command = '', ...rest], [first = '', second = '']) => {
      const args = rest.map((arg) => (/\.(yaml|log|conf)$/.test(arg) ? at(arg) : arg));
      const both = (one: string, other: string) =>
        lbbench(folder, [
          command,
          ...(command === 'ab' ? [] : args),
          first,
          one,
          second,
          other,
          ...(command === 'ab' ? args : []),
        ]);
      expect(await both('-', '-')).toEqual({
        code: 2,
        stdout: '',
        stderr: `${second}: expected a file, got "-", which ${first} has taken\n`,
      });
      expect(await both('kept.txt', './kept.txt')).toEqual({
        code: 2,
        stdout: '',
        stderr: `${second}: expected another file, got "./kept.txt", which ${first} has taken\n`,
      });
      expect(read('kept.txt')).toBe('of an earlier run\n');
    },
  );

  it('are one file under two names, too', async () => {
    linkSync(at('kept.txt'), at('link.txt'));
    expect((await run('plan.yaml', '--export-json', 'kept.txt', '--export-csv', 'link.txt')).code).toBe(2);
  });

  it('may both go to a device', async () => {
    expect((await run('plan.yaml', '--export-json', '/dev/null', '--export-csv', '/dev/null')).code).toBe(0);
  });
});
