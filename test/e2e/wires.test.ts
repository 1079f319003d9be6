import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { wires } from '../engine/native/load-jobs.js';
import { watchLateness } from '../lateness.js';
import { Workplace } from './lbbench.js';

const program = resolve(import.meta.dirname, '../../bin/lbbench.js');
const refusing = join(import.meta.dirname, 'without-io-uring.mjs');
const blocking = pathToFileURL(join(import.meta.dirname, 'blocked-thread.mjs')).href;
/** The filter is a program of the kernel's that not every machine takes. */
const canRefuse =
  wires.includes('epoll') && spawnSync(process.execPath, [refusing, program, '--version']).status === 0;

let workplace: Workplace;
let server: Server;
let target: string;
beforeEach(async () => {
  workplace = new Workplace();
  server = createServer((_request, response) => setTimeout(() => response.end('hello'), 5));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  target = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  workplace.remove();
});

describe.runIf(canRefuse)('where io_uring is refused', () => {
  const lbbench = (...args: readonly string[]) =>
    workplace.node([refusing, program, 'run', target, '-n', '50', '-c', '4', '--no-color', ...args]);

  it('epoll takes its place, and one line says why', async () => {
    const { code, stdout } = await lbbench();
    expect(code).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'native engine over epoll, dated by the kernel (io_uring: refused (seccomp, or kernel.io_uring_disabled)) · 50 requests',
    );
  });

  it('asking for it is a fault', async () => {
    const { code, stderr } = await lbbench('--wire', 'uring');
    expect(code).toBe(2);
    expect(stderr).toContain('expected a wire that can be had here, got uring (refused');
  });
});

describe.each(wires)('the report of a run over %s', (wire) => {
  it('says what was used, and why not a better one', async () => {
    const { stdout } = await workplace.lbbench([
      'run',
      target,
      '-n',
      '50',
      '-c',
      '4',
      '--wire',
      wire,
      '--quiet',
      '--export-json',
      '-',
    ]);
    const { runs } = JSON.parse(stdout) as Report;
    expect(runs[0]?.wire).toEqual({
      name: wire,
      clock: wire === 'node' ? 'process' : 'kernel',
      why: wire === 'uring' ? null : 'asked for',
    });
    expect(runs[0]?.lagMs?.count).toBe(50);
  });
});

describe.each(wires.filter((wire) => wire !== 'node'))(
  'a thread that is kept from its work, over %s',
  (wire) => {
    it('has that in its own lag and not in the times of the target', async () => {
      using machine = watchLateness();
      const { stdout } = await workplace.lbbench(
        ['run', target, '-t', '3', '-c', '4', '--wire', wire, '--quiet', '--export-json', '-'],
        { NODE_OPTIONS: `--import ${blocking}` },
      );
      const { runs } = JSON.parse(stdout) as Report;
      expect(runs[0]?.lagMs?.max).toBeGreaterThan(35);
      expect(runs[0]?.responseMs.max).toBeLessThan(30 + machine.lateMs);
    });
  },
);
