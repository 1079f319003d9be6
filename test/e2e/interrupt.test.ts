import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { describeWithNginx } from '../integration/real-nginx.js';
import { freePorts } from '../lab/free-port.js';
import { watchLateness } from '../lateness.js';
import { type Ended, type Started, Workplace } from './lbbench.js';

let workplace: Workplace;
let started: Started | undefined;
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => {
  started?.child.kill('SIGKILL');
  workplace.remove();
});

/** Two slow backends behind a balancer, and more work than any test waits for. */
async function longScenario(balancer: string): Promise<{ ports: number[]; file: string }> {
  const ports = await freePorts(2);
  const file = workplace.write(
    'long.yaml',
    `name: long
lab:
  balancer: ${balancer}
  servers: [${ports.map((port) => `"127.0.0.1:${port}"`).join(', ')}]
  backend: { latency: 20ms }
algorithms: [round_robin, least_conn]
load: { duration: 60s, concurrency: 4 }
thresholds: ["skew < 90%"]
`,
  );
  return { ports, file };
}

/** Settles once the run has sent something: from the second line of samples on. */
async function sending(samples: string): Promise<void> {
  const path = join(workplace.folder, samples);
  await expect
    .poll(() => (existsSync(path) ? readFileSync(path, 'utf8').length : 0), { timeout: 15_000 })
    .toBeGreaterThan(0);
}

const soon = { timeout: 3_000, interval: 20 };

/** Soon no process holds a port of the lab, and no file of it is left: its processes see for themselves that the run is gone. */
async function expectNothingLeft(ports: readonly number[]): Promise<void> {
  await expect.poll(() => readdirSync(workplace.temporary), soon).toEqual([]);
  for (const port of ports) await expect.poll(() => isFree(port), soon).toBe(true);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function interrupted(balancer: string, signal: NodeJS.Signals): Promise<void> {
  const { ports, file } = await longScenario(balancer);
  started = workplace.start(['run', file, '--samples', 'samples', '--export-json', 'out.json']);
  await sending('samples');
  started.child.kill(signal);
  const { code, stdout, stderr } = await started.ended;

  expect(code).toBe(130);
  expect(stdout).toContain('round_robin (interrupted)');
  const [name = ''] = workplace.reports();
  expect(stderr).toContain(`reports/${name}`);
  const report = JSON.parse(workplace.read(`reports/${name}`)) as Report;
  expect(report.runs.map((run) => [run.name, run.interrupted])).toEqual([['round_robin', true]]);
  const {
    started: began,
    droppedStarts: _,
    ...ends
  } = report.runs[0]?.outcomes ?? { started: 0, droppedStarts: 0 };
  expect(began).toBeGreaterThan(0);
  expect(Object.values(ends).reduce<number>((sum, count = 0) => sum + count, 0)).toBe(began);
  expect(report.runs[0]?.warnings.map((warning) => warning.code)).toContain('interrupted');
  expect(workplace.read('out.json')).toBe(workplace.read(`reports/${name}`));
  expect(workplace.read('samples').trimEnd().split('\n')).toHaveLength(began);
  await expectNothingLeft(ports);
}

describe('a run that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s ends with 130 and reports what it measured',
    (signal) => interrupted('embedded', signal),
  );

  it('while its lab starts ends with 130, reports nothing and leaves nothing', async () => {
    const { ports, file } = await longScenario('embedded');
    for (const afterMs of [200, 400, 600]) {
      started = workplace.start(['run', file, '--quiet']);
      await sleep(afterMs);
      started.child.kill('SIGINT');
      const { code, stdout } = await started.ended;
      // Before its handler is in place, the signal ends it as any program.
      expect([130, null]).toContain(code);
      expect(stdout).toBe('');
      await expectNothingLeft(ports);
    }
  });

  it('by SIGKILL leaves no process and no file', async () => {
    const { ports, file } = await longScenario('embedded');
    started = workplace.start(['run', file, '--samples', 'samples']);
    await sending('samples');
    started.child.kill('SIGKILL');
    await started.ended;
    await expectNothingLeft(ports);
  });

  it('by an error that nobody catches ends with 3, not the 1 of a threshold, and leaves nothing', async () => {
    const { ports, file } = await longScenario('embedded');
    const crash = workplace.write(
      'crash.mjs',
      // Not in the lab's processes, whose first argument is no scenario.
      `if (process.argv[2] === 'run') setTimeout(() => { throw new Error('nobody catches me'); }, 2000);`,
    );
    const url = pathToFileURL(join(workplace.folder, crash)).href;
    started = workplace.start(['run', file, '--quiet'], { NODE_OPTIONS: `--import ${url}` });
    const { code, stderr } = await started.ended;
    expect(code).toBe(3);
    expect(stderr).toContain(
      'lbbench failed in a way it should not; please report this:\nError: nobody catches me',
    );
    await expectNothingLeft(ports);
  });
});

describeWithNginx('a run with a real nginx that is interrupted', () => {
  it('reports what it measured and leaves no nginx', () => interrupted('nginx', 'SIGINT'));

  it('by SIGKILL leaves no nginx', async () => {
    const { ports, file } = await longScenario('nginx');
    started = workplace.start(['run', file, '--samples', 'samples']);
    await sending('samples');
    started.child.kill('SIGKILL');
    await started.ended;
    await expectNothingLeft(ports);
  });
});

describe('Ctrl-C is taken at once', () => {
  /** Ends soon after one signal, well before what is waited for. */
  async function interruptedAt(args: readonly string[], afterMs: number): Promise<Ended> {
    started = workplace.start(args);
    await sleep(afterMs);
    using machine = watchLateness();
    const at = performance.now();
    started.child.kill('SIGINT');
    const ended = await started.ended;
    expect(performance.now() - at).toBeLessThan(2_000 + machine.lateMs);
    return ended;
  }

  it('while nginx does not come up', async () => {
    const [port = 0] = await freePorts(1);
    const fake = workplace.write(
      'nginx',
      '#!/bin/sh\n[ "$1" = -v ] && { echo "nginx version: nginx/1.22.1" >&2; exit; }\nexec sleep 60\n',
    );
    chmodSync(join(workplace.folder, fake), 0o755);
    const file = workplace.write(
      's.yaml',
      `lab: { balancer: nginx, nginxPath: ./nginx, servers: ["127.0.0.1:${port}"] }\nload: { requests: 5 }\n`,
    );
    for (const command of ['run', 'lab']) {
      const { code, stderr } = await interruptedAt([command, file], 2_000);
      if (command === 'run') expect(stderr).toBe('interrupted before anything was measured\n');
      expect(code).toBe(130);
      await expectNothingLeft([port]);
    }
  });

  it.each([
    ['log', 'fifo'],
    ['log', 'fifo', '--follow'],
    ['simulate', '--upstream', 'pool.conf', '--log', 'fifo'],
  ])('while nobody writes to a named pipe: %j', async (...args) => {
    execFileSync('mkfifo', [join(workplace.folder, 'fifo')]);
    workplace.write('pool.conf', 'upstream a { server 127.0.0.1:1; }');
    const { stderr } = await interruptedAt(args, 1_500);
    expect(stderr).toBe(args[0] === 'log' ? 'interrupted before the log was read to its end\n' : '');
  });

  it('while nobody reads what is printed', async () => {
    const lines = Array.from(
      { length: 5_000 },
      (_, index) => `    server 10.0.${index >> 8}.${index & 255}:80;`,
    );
    workplace.write('pool.conf', `upstream a {\n${lines.join('\n')}\n}\n`);
    const file = workplace.write(
      's.yaml',
      'target: http://127.0.0.1:9\nengine: scripted\nexpect: { nginxConf: pool.conf, upstream: a }\nload: { requests: 10 }\n',
    );
    started = workplace.start(['run', file, '--quiet', '--export-json', '-']);
    // Its pipe fills up.
    started.child.stdout?.removeAllListeners('data').pause();
    await expect.poll(() => workplace.reports().length, { timeout: 15_000 }).toBe(1);
    await sleep(1_000);
    started.child.kill('SIGINT');
    await new Promise<void>((resolve) => started?.child.once('exit', () => resolve()));
    expect(started.child.signalCode).toBe('SIGINT');
  });
});

describe('an interrupted run against a server that never answers', () => {
  let server: Server;
  const sockets = new Set<Socket>();
  let port = 0;
  beforeEach(async () => {
    [port = 0] = await freePorts(1);
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    server.close();
  });

  async function accepted(): Promise<void> {
    await expect.poll(() => sockets.size, { timeout: 15_000 }).toBeGreaterThan(0);
  }

  it('waits briefly for what is in flight, then counts it as cancelled', async () => {
    const file = workplace.write(
      'stuck.yaml',
      `target: http://127.0.0.1:${port}\nload: { requests: 50, concurrency: 3 }`,
    );
    started = workplace.start(['run', file, '--quiet', '--export-json', '-']);
    await accepted();
    using machine = watchLateness();
    const at = performance.now();
    started.child.kill('SIGINT');
    const { code, stdout } = await started.ended;
    expect(code).toBe(130);
    expect(performance.now() - at).toBeLessThan(5_000 + machine.lateMs);
    expect((JSON.parse(stdout) as Report).runs[0]?.outcomes).toMatchObject({
      started: 3,
      cancelled: 3,
      responses: 0,
    });
  });

  it('ends at once when it is interrupted again', async () => {
    const file = workplace.write('stuck.yaml', `target: http://127.0.0.1:${port}\nload: { requests: 50 }`);
    started = workplace.start(['run', file, '--quiet']);
    await accepted();
    started.child.kill('SIGINT');
    await sleep(100);
    started.child.kill('SIGINT');
    expect((await started.ended).code).toBe(130);
    expect(workplace.reports()).toEqual([]);
  });

  it("prints ab's report, as ab does on Ctrl-C", async () => {
    started = workplace.start(['ab', '-n', '50', '-c', '2', `http://127.0.0.1:${port}/`]);
    await accepted();
    started.child.kill('SIGINT');
    const { code, stdout, stderr } = await started.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(/^Complete requests: +0$/m);
    expect(stderr).toContain('the run was interrupted');
  });
});
