import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workplace } from './lbbench.js';

let workplace: Workplace;
beforeAll(() => {
  workplace = new Workplace();
  // Nobody ever writes to it: whoever waits for it waits for ever.
  execFileSync('mkfifo', [join(workplace.folder, 'fifo')]);
});
afterAll(() => workplace.remove());

const target = 'target: http://127.0.0.1:9\n';
const reason = 'it is not a regular file';

describe('a named pipe that nobody writes to, given as', () => {
  it.each<[string, string[], string | undefined, string]>([
    [
      'a scenario',
      ['run', 'fifo'],
      undefined,
      `expected a scenario file, got one that cannot be read: ${reason}`,
    ],
    ['a body', ['check', 's.yaml'], `${target}requests: [{ path: /, file: fifo }]`, reason],
    ['a CA', ['check', 's.yaml'], 'target: https://127.0.0.1:9\ntls: { ca: fifo }', reason],
    ['a configuration', ['check', 's.yaml'], `${target}expect: { nginxConf: fifo, upstream: a }`, reason],
    ['an include', ['simulate', '--upstream', 'pool.conf', '--requests', '1'], undefined, reason],
    ['a report', ['report', 'fifo'], undefined, `expected a report, got one that cannot be read: ${reason}`],
    ['a baseline', ['run', 's.yaml', '--baseline', 'fifo'], target, reason],
    ['one of two reports', ['compare', 'fifo', 'fifo'], undefined, reason],
    [
      "ab's -p",
      ['ab', '-p', 'fifo', 'http://127.0.0.1:9/'],
      undefined,
      'POST data file (fifo): Not a regular file',
    ],
    ["ab's -E", ['ab', '-E', 'fifo', 'https://127.0.0.1:9/'], undefined, '"fifo": Not a regular file'],
    ["a log's configuration", ['log', 'pool.conf', '--conf', 'fifo'], undefined, reason],
  ])('%s is refused at once', async (_, args, scenario, words) => {
    workplace.write('pool.conf', 'include fifo;');
    if (scenario !== undefined) workplace.write('s.yaml', scenario);
    const { code, stderr } = await workplace.lbbench(args);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });
});

describe('a log that is a named pipe', () => {
  it('is read when somebody writes to it, also later', async () => {
    const line =
      '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-" "-" to: 127.0.0.1:8001';
    workplace.write('lines', `${line}\n`.repeat(3_000));
    const { code, stdout } = await workplace.shell('(sleep 1; cat lines >fifo) & $LBBENCH log fifo');
    expect(stdout).toContain('3,000');
    expect(code).toBe(0);
  });
});

describe('a pipe that is handed over open', () => {
  it.each([
    ["echo 'target: http://127.0.0.1:9' | $LBBENCH check /dev/stdin", 0, ''],
    ["(sleep 0.2; echo 'target: http://127.0.0.1:9') | $LBBENCH check /proc/self/fd/0", 0, ''],
    ['$LBBENCH check /dev/stdin </dev/zero', 2, 'it has more than 67108864 bytes'],
    ['cat /dev/zero | $LBBENCH report -', 2, 'it has more than 100000000 bytes'],
  ])('is read, up to the limit: %s', async (line, expected, words) => {
    const { code, stderr } = await workplace.shell(line);
    expect(stderr).toContain(words);
    expect(code).toBe(expected);
  });
});
