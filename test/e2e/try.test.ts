import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { childrenOf } from '../../src/trial/process.js';
import { OwnNginx, type Snapshot } from '../integration/own-nginx.js';
import { describeWithNginx } from '../integration/real-nginx.js';
import { CountingBackends } from './counting-backends.js';
import { type Ended, type Started, Workplace } from './lbbench.js';

/** How often it is killed at a random moment: a few times on the way, as often as one likes by hand. */
const kills = Number(process.env.LBBENCH_KILLS ?? 4);

/** Keeps a path on one server, which no other method that is tried does. */
const method = 'hash $request_uri;';
const tried = ['--algorithm', 'least_conn', '--algorithm', 'round_robin'];

let workplace: Workplace;
let backends: CountingBackends;
let nginx: OwnNginx;
let before: Snapshot;
beforeEach(async () => {
  workplace = new Workplace();
  backends = await CountingBackends.start(2);
  nginx = await OwnNginx.start(backends.addresses, method);
  before = nginx.snapshot();
});
afterEach(async () => {
  await nginx.close();
  await backends.close();
  workplace.remove();
});

function args(...more: readonly string[]): string[] {
  return ['try', nginx.url, '--nginx-conf', nginx.conf, '--upstream', 'backend', '--yes', ...more];
}

/** A try that goes on until it is ended. */
function endless(): Started {
  return workplace.start(args(...tried, '-t', '1m', '-c', '2', '--quiet'));
}

/** One that reloads over and over. */
function restless(): Started {
  return workplace.start(args(...tried, '-n', '10', '-c', '2', '--repeat', '1000', '--quiet'));
}

/** The configuration is as before, to the last byte and attribute, and nginx serves by it. */
async function expectAsBefore(): Promise<void> {
  expect(nginx.snapshot()).toEqual(before);
  expect(nginx.isRunning).toBe(true);
  const servers = await nginx.served(8);
  expect(servers[0]).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(new Set(servers).size).toBe(1);
}

/** Waits until a method that is tried is in place, as far as the file tells. */
async function expectTried(words = 'least_conn;'): Promise<void> {
  await expect.poll(() => readFileSync(nginx.site, 'latin1'), { timeout: 15_000 }).toContain(words);
}

/** The process that keeps the configuration. */
async function keeperOf({ child }: Started): Promise<number> {
  await expect.poll(() => keepers(child.pid ?? 0).length, { timeout: 15_000 }).toBe(1);
  return keepers(child.pid ?? 0)[0] ?? 0;
}

function keepers(parent: number): readonly number[] {
  return childrenOf(parent).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('trial-main.js'),
  );
}

async function gone(pid: number): Promise<void> {
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 40_000, interval: 20 }).toBe(false);
}

describeWithNginx('lbbench try', () => {
  it('sets methods side by side on a running nginx, and leaves it as it was', async () => {
    const own = workplace.write(
      'scenario.yaml',
      `target: ${nginx.url}
algorithms: [round_robin, "hash $arg_session consistent", "random two least_conn"]
load: { requests: 300, concurrency: 3 }
requests: [{ path: "/?session={1..40}" }]
repeat: 2
`,
    );
    const { code, stdout, stderr } = await workplace.lbbench([
      ...['try', own, '--nginx-conf', nginx.conf, '--upstream', 'backend', '--yes'],
      ...['--quiet', '--export-json', '-'],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { runs } = JSON.parse(stdout) as Report;
    expect(runs.map(({ name }) => name)).toEqual([
      'round_robin #1',
      'hash $arg_session consistent #1',
      'random two least_conn #1',
      'random two least_conn #2',
      'hash $arg_session consistent #2',
      'round_robin #2',
    ]);
    for (const run of runs) {
      expect(run.balancer).toBe(`${nginx.url} (upstream backend)`);
      expect(run.status).toEqual({ 200: 300 });
      expect(run.backends.map(({ address, weight }) => [address, weight])).toEqual(
        backends.addresses.map((address) => [address, 1]),
      );
      // With fresh state, and by this method alone.
      if (run.algorithm === 'round_robin') expect(run.backends.map(({ count }) => count)).toEqual([150, 150]);
      if (run.algorithm?.startsWith('hash'))
        expect(run.prediction).toMatchObject({ checked: 300, asPredicted: 300 });
    }
    expect(nginx.reloads).toBe(7);
    await expectAsBefore();
  });

  it('changes nothing when nginx does not take one of the methods', async () => {
    appendFileSync(nginx.site, 'map $host $broken { default 1; }\n');
    before = nginx.snapshot();
    const { code, stderr, stdout } = await workplace.lbbench(
      args('--algorithm', 'least_conn', '--algorithm', 'hash $no_such_variable'),
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(
      stderr,
    ).toBe(`${nginx.site}:3  expected nginx to take hash $no_such_variable in upstream backend, got: unknown "no_such_variable" variable
    hint: nothing was reloaded, and the file is as before
`);
    expect(nginx.reloads).toBe(0);
    expect(nginx.snapshot()).toEqual(before);
  });

  it('does nothing where nobody can be asked', async () => {
    const { code, stdout, stderr } = await workplace.lbbench(
      args(...tried).filter((word) => word !== '--yes'),
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`upstream backend balances by hash $request_uri (${nginx.site}:3).
lbbench will change this line and reload nginx (process ${nginx.pid}) 3 times, the last time as it is now.
--yes: expected --yes where nobody can be asked
    hint: add it when the above is wanted
`);
    expect(nginx.reloads).toBe(0);
    await expectAsBefore();
  });

  it.each([
    ['y', 0, 3],
    ['n', 130, 0],
    ['', 130, 0],
  ])('asks a person, who answers "%s"', async (answer, code, reloads) => {
    const words = args(...tried, '-n', '10', '--no-color').filter((word) => word !== '--yes');
    expect(await answered(words, answer)).toBe(code);
    expect(nginx.reloads).toBe(reloads);
    await expectAsBefore();
  });

  it.each<[string, (words: string[]) => string[], RegExp]>([
    [
      'a piece of a configuration',
      (words) => swapped(words, nginx.conf, nginx.site),
      /expected a whole configuration/,
    ],
    [
      'another upstream',
      (words) => swapped(words, 'backend', 'beckend'),
      /--upstream: expected the name of an upstream block, got "beckend"[\s\S]*did you mean "backend"\?/,
    ],
    [
      'no upstream',
      (words) => words.filter((word) => word !== '--upstream' && word !== 'backend'),
      /--upstream: expected the name/,
    ],
    ['no method', (words) => words.slice(0, -4), /--algorithm: expected the methods to try, got none/],
    [
      'no target',
      (words) => swapped(words, nginx.url, workplace.write('lab.yaml', 'lab: { servers: [127.0.0.1:8001] }')),
      /target: expected the URL of the nginx/,
    ],
    [
      'no scenario',
      (words) => words.filter((word) => word !== nginx.url),
      /<scenario\|url>: expected a scenario or a URL, got none/,
    ],
    [
      'a file that does not run',
      (words) => swapped(words, nginx.conf, idle()),
      /expected a running nginx that was started with ".*idle\.conf", got \d+ with other files|got no nginx/,
    ],
  ])('refuses %s', async (_, change, message) => {
    const { code, stdout, stderr } = await workplace.lbbench(change(args(...tried)));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(nginx.reloads).toBe(0);
    await expectAsBefore();
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'puts it back after %s, and reports what was measured',
    async (signal) => {
      const { child, ended } = endless();
      await expectTried();
      await expect.poll(() => nginx.reloads, { timeout: 10_000 }).toBe(1);
      await sleep(500);
      child.kill(signal);
      expect((await ended).code).toBe(130);
      const [name = ''] = workplace.reports();
      const { runs } = JSON.parse(workplace.read(join('reports', name))) as Report;
      expect(runs.map(({ interrupted }) => interrupted)).toEqual([true]);
      await expectAsBefore();
    },
  );

  it(
    `puts it back after ${kills} kills at random moments`,
    async () => {
      for (let count = 0; count < kills; count++) {
        const started = restless();
        const keeper = await keeperOf(started);
        // Spread over the checks and the first few reloads.
        await sleep(2_000 * ((count * 0.618_034) % 1));
        // Whoever is left does it.
        if (count % 3 === 2) process.kill(keeper, 'SIGKILL');
        else started.child.kill('SIGKILL');
        await started.ended;
        await gone(keeper);
        await expectAsBefore();
      }
    },
    60_000 + kills * 20_000,
  );

  it('puts it back when the process that keeps it is killed, and says so', async () => {
    const started = endless();
    const pid = await keeperOf(started);
    await expectTried();
    process.kill(pid, 'SIGKILL');
    const { code, stderr } = await started.ended;
    expect(code).toBe(3);
    expect(stderr).toBe(
      '--nginx-conf: expected the process that keeps your configuration to be running, but it was ended by SIGKILL\n',
    );
    await expectAsBefore();
  });

  it('puts it back with --restore when all its processes are gone at once', async () => {
    await cutOff();
    expect(nginx.snapshot().bytes).toContain('least_conn;');

    const again = await workplace.lbbench(args(...tried));
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('an earlier lbbench try was cut off and has not put it back');
    expect(again.stderr).toContain(`lbbench try --restore --nginx-conf ${nginx.conf} does it`);

    const restore = ['try', '--restore', '--nginx-conf', nginx.conf];
    expect(await workplace.lbbench(restore)).toEqual({
      code: 0,
      stdout: `${nginx.site}: put back; nginx serves by it\n`,
      stderr: '',
    });
    await expectAsBefore();
    expect(await workplace.lbbench(restore)).toMatchObject({ code: 0, stdout: 'nothing to put back\n' });
  });

  it('puts the file back with --restore where nginx does not run, as after a power failure', async () => {
    await cutOff();
    await nginx.stop();
    const { code, stdout } = await workplace.lbbench(['try', '--restore', '--nginx-conf', nginx.conf]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${nginx.site}: put back; nginx does not run, and will read it when it starts\n`,
    });
    expect(nginx.snapshot()).toEqual(before);
  });

  it('lets no second one in, nor a restore under its hands', async () => {
    const started = endless();
    await expectTried();
    const second = await workplace.lbbench(args(...tried));
    expect(second).toMatchObject({ code: 2, stdout: '' });
    expect(second.stderr).toContain('another lbbench try is under way');
    const restore = await workplace.lbbench(['try', '--restore', '--nginx-conf', nginx.conf]);
    expect(restore).toMatchObject({ code: 2, stdout: '' });
    expect(restore.stderr).toContain('is under way');
    await expectTried();
    started.child.kill('SIGINT');
    await started.ended;
    await expectAsBefore();
  });

  it('leaves what somebody else has written meanwhile, and says where the original is', async () => {
    const { child, ended } = endless();
    await expectTried();
    appendFileSync(nginx.site, '# a colleague was here\n');
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(3);
    const kept = join(nginx.sites, '.backend.conf.lbbench-original');
    expect(stderr).toContain('expected the file as lbbench had left it, but somebody else has changed it');
    expect(stderr).toContain(`it stays as they left it; the original is ${kept}`);
    expect(readFileSync(kept, 'latin1')).toBe(before.bytes);
    expect(nginx.snapshot().bytes).toMatch(/least_conn;[\s\S]*# a colleague was here\n$/);
  });

  it('ends with one sentence when nginx does', async () => {
    const { ended } = endless();
    await expectTried();
    await expect.poll(() => nginx.reloads, { timeout: 10_000 }).toBe(1);
    await nginx.stop();
    const { code, stderr } = await ended;
    expect(code).toBe(3);
    expect(stderr).toContain(`expected nginx (process ${nginx.pid}) to go on running, but it has ended`);
    expect(stderr).not.toContain('    at ');
    expect(nginx.snapshot()).toEqual(before);
  }, 90_000);

  it('touches nothing without the rights to', async () => {
    const { code, stderr } = await asNobody(args(...tried));
    expect(code).toBe(2);
    expect(stderr).toMatch(/rights/);
    expect(nginx.reloads).toBe(0);
    await expectAsBefore();
  });
});

/** A try of which all processes are gone at once, in the middle of it. */
async function cutOff(): Promise<void> {
  const started = endless();
  const pid = await keeperOf(started);
  await expectTried();
  process.kill(pid, 'SIGSTOP');
  started.child.kill('SIGKILL');
  await started.ended;
  process.kill(pid, 'SIGKILL');
  await gone(pid);
}

/** Gives the command a terminal, by script(1), and types an answer to its question; tells the exit code. */
async function answered(words: readonly string[], answer: string): Promise<number | null> {
  const line = [process.execPath, program, ...words].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols 100 rows 30; ${line}`, '/dev/null'], {
    cwd: workplace.folder,
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    shown += chunk;
  });
  await expect.poll(() => shown, { timeout: 15_000 }).toContain('Go on? [y/N]');
  child.stdin.write(`${answer}\r`);
  const [code] = await once(child, 'close');
  return code;
}

const program = join(import.meta.dirname, '../../bin/lbbench.js');

function swapped(words: readonly string[], from: string, to: string): string[] {
  return words.map((word) => (word === from ? to : word));
}

function idle(): string {
  return join(
    workplace.folder,
    workplace.write('idle.conf', readFileSync(nginx.site, 'latin1').replace(/^/, 'http {').concat('}')),
  );
}

/** So that nobody can read the program where that lies in a private folder; it lets it write and signal nothing. */
const readsAll = '--inh-caps=+dac_read_search --ambient-caps=+dac_read_search';

/** Runs the command as a user who owns nothing here: without the rights of root, or in a folder that takes no file. */
async function asNobody(words: readonly string[]): Promise<Ended> {
  const quoted = [process.execPath, program, ...words].map((word) => `'${word}'`).join(' ');
  rmSync(join(nginx.folder, 'nothing'), { force: true });
  if (process.getuid?.() === 0)
    return workplace.shell(
      `chmod a+rX '${nginx.folder}' && setpriv --reuid=65534 --clear-groups ${readsAll} ${quoted}`,
    );
  return workplace.shell(
    `chmod a-w '${nginx.sites}'; ${quoted}; code=$?; chmod u+w '${nginx.sites}'; exit $code`,
  );
}
