import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRunning, WorkerLog } from '../../../src/lab/nginx/workers.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the workers that nginx has started', () => {
  it('are read from its error log as it grows, also when a line comes in two parts', () => {
    const path = join(folder, 'error.log');
    const log = new WorkerLog(path);
    expect(log.started()).toEqual([]);
    appendFileSync(path, '2026/11/22 10:04:04 [notice] 71#71: start worker processes\n');
    appendFileSync(path, '2026/11/22 10:04:04 [notice] 71#71: start worker process 72\n');
    appendFileSync(path, '2026/11/22 10:04:05 [notice] 71#71: start worker pro');
    expect(log.started()).toEqual([72]);
    appendFileSync(
      path,
      'cess 80\n2026/11/22 10:04:05 [error] 72#72: *1 start worker process 99, client: ::1\n',
    );
    expect(log.started()).toEqual([72, 80]);
    expect(log.started()).toEqual([72, 80]);
  });

  it('are found behind megabytes of errors', () => {
    const path = join(folder, 'error.log');
    const error = '2026/11/22 10:04:05 [error] 72#72: *1 connect() failed (111: Connection refused)\n';
    appendFileSync(path, error.repeat(30_000));
    appendFileSync(path, '2026/11/22 10:04:06 [notice] 71#71: start worker process 81\n');
    expect(new WorkerLog(path).started()).toEqual([81]);
  });
});

describe('a process', () => {
  it('runs if it exists', () => {
    expect(isRunning(process.pid)).toBe(true);
    // Above the largest process id of Linux (2^22) and of macOS (99,998).
    expect(isRunning(2 ** 22 + 1)).toBe(false);
  });
});
