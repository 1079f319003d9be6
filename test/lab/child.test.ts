import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtApart } from '../../build/apart.js';
import { Child } from '../../src/lab/child.js';
import { isAlive } from './processes.js';

interface Calls {
  double(value: number): number;
  never(argument: undefined): void;
  fail(argument: undefined): void;
  crash(argument: undefined): void;
}

const childModule = await builtApart('lab/parent', 'model/fault');

let folder = '';
let child: Child<Calls>;

function start(source: string): Child<Calls> {
  const path = join(folder, 'child.mjs');
  writeFileSync(path, `import { serveParent } from '${childModule}';\n${source}`);
  child = new Child<Calls>('the test child', pathToFileURL(path));
  return child;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
});

afterEach(async () => {
  await child.stop();
  rmSync(folder, { recursive: true });
});

const answering = `
  import { LbbenchError } from '${childModule}';
  serveParent({
    double: (value) => 2 * value,
    never: () => new Promise(() => {}),
    fail: () => { throw new LbbenchError('usage', [{ message: 'expected a, got b', hint: 'do c' }]); },
    crash: () => { setTimeout(() => { throw new Error('boom \\u001b[31m'); }); return new Promise(() => {}); },
  }, () => {});
`;

describe('a child process', () => {
  it('answers calls, and tells expected failures with their faults', async () => {
    start(answering);
    expect(await child.call('double', 21)).toBe(42);
    await expect(child.call('fail', undefined)).rejects.toMatchObject({
      name: 'LbbenchError',
      kind: 'usage',
      faults: [{ message: 'expected a, got b', hint: 'do c' }],
    });
  });

  it('is given up when it does not answer in time', async () => {
    start(answering);
    await expect(child.call('never', undefined, 50)).rejects.toMatchObject({
      kind: 'unmeasurable',
      message: 'expected the test child to be running, but it did not answer "never" within 50 ms',
    });
    expect(await child.call('double', 1)).toBe(2);
  });

  it('says what it wrote last when it crashes, without control characters', async () => {
    start(answering);
    const error = await child.call('crash', undefined).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'LbbenchError', kind: 'unmeasurable' });
    expect(String(error)).toMatch(
      /expected the test child to be running, but it has ended: .*Error: boom \?\[31m/s,
    );
    await expect(child.call('double', 1)).rejects.toMatchObject({ kind: 'unmeasurable' });
  });

  it('says that its module is missing', async () => {
    child = new Child<Calls>('the test child', pathToFileURL(join(folder, 'missing.mjs')));
    await expect(child.call('double', 1)).rejects.toThrow(/has ended: .*Cannot find module/s);
  });

  it('ends by itself when it is let go, after its last words', async () => {
    start(
      `serveParent({ double: (value) => 2 * value }, () => new Promise((resolve) => setTimeout(resolve, 50)));`,
    );
    await child.call('double', 1);
    const pid = child.pid ?? 0;
    await child.stop();
    expect(isAlive(pid)).toBe(false);
    await child.stop();
  });

  it('is not stopped by a Ctrl-C in the terminal, because it is in a process group of its own', async () => {
    start(answering);
    await child.call('double', 1);
    // The group's id is its leader's process id, so this reaches the child and only it.
    expect(() => process.kill(-(child.pid ?? 0), 0)).not.toThrow();
  });
});
