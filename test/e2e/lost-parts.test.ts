import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWithNginx } from '../integration/real-nginx.js';
import { freePorts } from '../lab/free-port.js';
import { descendantsOf, isAlive, type ProcessRow } from '../lab/processes.js';
import { describeWithSmallDisk, SmallDisk } from '../small-disk.js';
import { type Started, Workplace } from './lbbench.js';

let workplace: Workplace;
let started: Started | undefined;
let ports: number[];
beforeEach(async () => {
  workplace = new Workplace();
  ports = await freePorts(2);
});
afterEach(() => {
  started?.child.kill('SIGKILL');
  workplace.remove();
});

function scenario(balancer: string, load = '{ duration: 60s, concurrency: 4 }'): string {
  const servers = ports.map((port) => `"127.0.0.1:${port}"`).join(', ');
  return workplace.write(
    's.yaml',
    `lab: { balancer: ${balancer}, servers: [${servers}], backend: { latency: 5ms } }\nload: ${load}\n`,
  );
}

const soon = { timeout: 15_000, interval: 20 };

/** Starts a command, and once it has sent something tells its processes. */
async function running(...args: string[]): Promise<readonly ProcessRow[]> {
  started = workplace.start(args);
  const { child } = started;
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  await expect.poll(() => text.length, soon).toBeGreaterThan(0);
  return descendantsOf(child.pid ?? 0);
}

function killed(rows: readonly ProcessRow[], command: RegExp, signal: NodeJS.Signals = 'SIGKILL'): void {
  const row = rows.find((one) => command.test(one.command));
  if (row === undefined) throw new Error(`no ${command} among ${JSON.stringify(rows)}`);
  process.kill(row.pid, signal);
}

async function expectNothingLeft(rows: readonly ProcessRow[]): Promise<void> {
  await expect.poll(() => rows.filter(({ pid }) => isAlive(pid)), soon).toEqual([]);
  await expect.poll(() => readdirSync(workplace.temporary), soon).toEqual([]);
}

const backend = /lab-backend-main\.js/;
const balancer = /lab-balancer-main\.js/;
const guardian = /lab-nginx-main\.js/;
const master = /^nginx: master/;
const worker = /^nginx: worker/;

describe('a run', () => {
  it('names the demo backend that was killed under it, and ends', async () => {
    const rows = await running('run', scenario('embedded'), '--samples', '-');
    killed(rows, backend);
    const { code, stderr } = await (started as Started).ended;
    expect(stderr).toMatch(
      /^lab: expected the demo backend 127\.0\.0\.1:\d+ to be running, but it was ended by SIGKILL$/m,
    );
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(3);
    await expectNothingLeft(rows);
  });

  it('names the embedded balancer that was killed, and leaves no folder of it', async () => {
    const rows = await running('run', scenario('embedded'), '--samples', '-');
    killed(rows, balancer);
    const { code, stderr } = await (started as Started).ended;
    expect(stderr).toContain('expected the embedded balancer to be running, but it was ended by SIGKILL\n');
    expect(code).toBe(3);
    await expectNothingLeft(rows);
  });

  it('that is interrupted together with its parts, as systemd does it, reports what it measured', async () => {
    const rows = await running('run', scenario('embedded'), '--samples', '-');
    for (const pid of [started?.child.pid ?? 0, ...rows.map((row) => row.pid)]) process.kill(pid, 'SIGTERM');
    const { code } = await (started as Started).ended;
    expect(code).toBe(130);
    expect(workplace.reports()).toHaveLength(1);
    await expectNothingLeft(rows);
  });
});

describeWithNginx('a run with nginx', () => {
  it.each([
    ['its master', master, /expected nginx [\d.]+ to be running, but its master was ended by SIGKILL$/m],
    ['its guardian', guardian, /expected the guardian of nginx to be running, but it was ended by SIGKILL$/m],
  ])('names %s that was killed, and leaves no worker', async (_, command, told) => {
    const rows = await running('run', scenario('nginx'), '--samples', '-');
    expect(rows.filter((row) => worker.test(row.command))).toHaveLength(1);
    killed(rows, command);
    const { code, stderr } = await (started as Started).ended;
    expect(stderr).toMatch(told);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(3);
    await expectNothingLeft(rows);
  });

  it('warns of a worker that was killed, and goes on with the next', async () => {
    const file = scenario('nginx', '{ duration: 1s, concurrency: 4 }');
    const rows = await running('run', file, '--samples', '-', '--export-json', 'report.json');
    killed(rows, worker);
    await (started as Started).ended;
    const [run] = JSON.parse(workplace.read('report.json')).runs;
    expect(run.warnings).toContainEqual({
      code: 'lab',
      text: expect.stringMatching(
        /^nginx [\d.]+: a worker was ended by SIGKILL, and another took its place$/,
      ),
    });
    await expectNothingLeft(rows);
  });
});

describe('a lab that is left up', () => {
  it('tells of a backend that was killed and stays up, so that one can see what its balancer does', async () => {
    const rows = await running('lab', scenario('embedded'));
    killed(rows, backend);
    const { child, ended } = started as Started;
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    await expect.poll(() => stderr, soon).toMatch(/^warning: .*but it was ended by SIGKILL$/m);
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(stdout).toMatch(/127\.0\.0\.1:\d+ +n\/a$/m);
    expect(code).toBe(0);
    await expectNothingLeft(rows);
  });

  it('ends when its balancer was killed', async () => {
    const rows = await running('lab', scenario('embedded'));
    killed(rows, balancer);
    const { code, stderr } = await (started as Started).ended;
    expect(stderr).toContain('expected the embedded balancer to be running, but it was ended by SIGKILL\n');
    expect(code).toBe(3);
    await expectNothingLeft(rows);
  });
});

describeWithSmallDisk('the disk for temporary files', () => {
  const briefly = '{ requests: 200, concurrency: 4 }';

  async function refused(TMPDIR: string, words: string): Promise<void> {
    const { code, stderr } = await workplace.lbbench(['run', 's.yaml', '--quiet'], { TMPDIR });
    expect(stderr).toBe(
      `lab: expected room for the balancer's files in ${JSON.stringify(TMPDIR)}, got ${words}\n` +
        '    hint: make room there, or name another folder with TMPDIR=/path\n',
    );
    expect(code).toBe(3);
  }

  it.each(['embedded', 'auto'])('may be missing, read-only or full: one sentence (%s)', async (kind) => {
    scenario(kind, briefly);
    await refused(join(workplace.folder, 'none'), 'no such folder (ENOENT)');
    using disk = new SmallDisk(64);
    disk.fill();
    // The embedded balancer needs no more room than its log's.
    if (kind === 'auto') await refused(disk.folder, 'a full disk (ENOSPC)');
    disk.makeReadOnly();
    await refused(disk.folder, 'a read-only disk (EROFS)');
  });

  it.each(['embedded', 'auto'])('may fill up under a run, which goes on and tells (%s)', async (kind) => {
    using disk = new SmallDisk(256);
    const file = scenario(kind, '{ duration: 1500ms, concurrency: 4 }');
    started = workplace.start(['run', file, '--samples', '-', '--export-json', 'report.json'], {
      TMPDIR: disk.folder,
    });
    started.child.stdout?.once('data', () => disk.fill());
    const { code, stderr } = await started.ended;
    const [run] = JSON.parse(workplace.read('report.json')).runs;
    expect(run.outcomes.responses).toBe(run.outcomes.started);
    expect(run.warnings).toContainEqual({
      code: 'lab',
      text: expect.stringMatching(/could not be written \(ENOSPC\)$|its disk is full/),
    });
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(0);
    expect(readdirSync(disk.folder)).toEqual(['filler']);
  });
});
