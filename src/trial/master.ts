import { execFile } from 'node:child_process';
import { readlinkSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { LbbenchError } from '../model/fault.js';
import { shown } from '../text/shown.js';
import { allProcesses, childrenOf, isRunning, markOf, type ProcessMark, titleOf } from './process.js';

const run = promisify(execFile);

/** How often the workers are looked at. */
const pollMs = 20;
/** How long nginx may take to start workers with a new configuration: it resolves names and opens logs before. */
const takeLimitMs = 30_000;
/** nginx checks a configuration within this, names that do not resolve included. */
const testLimitMs = 30_000;

/** The master process of the nginx that serves a configuration. */
export interface Master extends ProcessMark {
  /** Real path of the file that it was started with. */
  readonly conf: string;
  /** What it was started with beside the file, as `-p` needs to be repeated for `nginx -t`. */
  readonly prefix: string | undefined;
}

const mastersTitle = /^nginx: master process (.+)$/;

/**
 * Finds the one running nginx that was started with a configuration.
 *
 * @param conf real path
 * @throws LbbenchError when there is none, several, or none that we may reload
 */
export async function findMaster(conf: string): Promise<Master> {
  const candidates = allProcesses().flatMap((pid) => {
    const command = mastersTitle.exec(titleOf(pid))?.[1];
    return command === undefined ? [] : [{ pid, command }];
  });
  const looked = await Promise.all(candidates.map(({ pid, command }) => masterOf(pid, command)));
  const masters = looked.flatMap((found) => (found?.conf === conf ? [found] : []));
  const [master, another] = masters;
  if (master === undefined) throw noMaster(conf, candidates.length, looked.includes(undefined));
  if (another !== undefined) {
    throw refusal(
      `expected one running nginx with ${shown(conf)}, got processes ${master.pid} and ${another.pid}`,
      'end the one that is not needed, or finish its upgrade',
    );
  }
  if (!maySignal(master.pid)) {
    throw refusal(
      `expected an nginx that we may reload, got process ${master.pid} of another user`,
      'run lbbench with the rights of who reloads nginx, often root',
    );
  }
  return master;
}

function noMaster(conf: string, count: number, isHidden: boolean): LbbenchError {
  if (allProcesses().length === 0) {
    return refusal(
      'expected Linux, where a process tells what it was started with, got another system',
      'lab: { backends: running } tries methods in front of the same servers with an nginx of lbbench',
    );
  }
  return refusal(
    `expected a running nginx that was started with ${shown(conf)}, got ${count === 0 ? 'no nginx' : `${count} with other files${isHidden ? ' or whose file may not be seen' : ''}`}`,
    isHidden
      ? 'run lbbench with the rights of who reloads nginx, often root; one in a container is reloaded there'
      : 'name the file that nginx was started with; nginx -t prints it',
  );
}

/** What a master was started with; `undefined` when that may not be seen, or it looks at other files than we do. */
async function masterOf(pid: number, command: string): Promise<Master | undefined> {
  try {
    // One in a container calls another file by the same name.
    if (readlinkSync(`/proc/${pid}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt')) return undefined;
    const mark = markOf(pid);
    if (mark === undefined) return undefined;
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    const built = await builtWith(pid);
    const asked = option('p', command);
    const prefix = resolve(cwd, asked ?? built('prefix') ?? '/');
    const conf = option('c', command) ?? built('conf-path');
    if (conf === undefined) return undefined;
    return {
      ...mark,
      conf: realpathSync(resolve(prefix, conf)),
      prefix: asked === undefined ? undefined : prefix,
    };
  } catch {
    return undefined;
  }
}

/** A flag's value on nginx's command line, in one word with it or behind it. */
function option(flag: string, command: string): string | undefined {
  return new RegExp(`(?:^|\\s)-${flag}\\s*(\\S+)`).exec(command)?.[1];
}

/** What the very program that runs was built with, even if another has taken its place on the disk. */
async function builtWith(pid: number): Promise<(name: string) => string | undefined> {
  const { stderr } = await run(`/proc/${pid}/exe`, ['-V'], { timeout: 5_000 });
  return (name) => new RegExp(`--${name}=(\\S+)`).exec(stderr)?.[1];
}

function maySignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Has nginx check its configuration as it is on the disk.
 *
 * @returns what it objects to, in its words; `undefined` when nothing
 */
export async function objections({ pid, conf, prefix }: Master): Promise<string | undefined> {
  const args = ['-t', '-q', '-c', conf, ...(prefix === undefined ? [] : ['-p', prefix])];
  return run(`/proc/${pid}/exe`, args, { timeout: testLimitMs }).then(
    () => undefined,
    (error: Error & { stderr?: string }) => {
      const lines = (error.stderr || error.message).split('\n').filter((line) => line.includes('[emerg]'));
      const words = (lines[0] ?? error.message).replace(/^.*\[emerg\] (?:\d+#\d+: )?/, '');
      return words.slice(0, 300);
    },
  );
}

interface Worker {
  readonly pid: number;
  /** It takes no more connections, and ends when the last request that it has is answered. */
  readonly isLeaving: boolean;
}

function workersOf(master: Master): readonly Worker[] {
  return childrenOf(master.pid).flatMap((pid) => {
    const title = titleOf(pid);
    if (!title.startsWith('nginx: worker process')) return [];
    return [{ pid, isLeaving: title.endsWith('is shutting down') }];
  });
}

/**
 * Has nginx take its configuration, and waits until only new workers take connections: a worker that leaves has closed its
 * listening sockets before it says so, and new ones are started before old ones are told to leave.
 *
 * @throws LbbenchError when nginx has not done so within 30 s, or has ended
 */
export async function reload(master: Master): Promise<void> {
  const old = new Set(workersOf(master).map(({ pid }) => pid));
  expectRunning(master);
  process.kill(master.pid, 'SIGHUP');
  const endMs = performance.now() + takeLimitMs;
  for (;;) {
    const workers = workersOf(master);
    const isServing = workers.some(({ pid }) => !old.has(pid));
    if (isServing && workers.every(({ pid, isLeaving }) => isLeaving || !old.has(pid))) return;
    expectRunning(master);
    if (performance.now() > endMs) {
      throw new LbbenchError('unmeasurable', [
        {
          file: master.conf,
          message: `expected nginx (process ${master.pid}) to start workers with its new configuration, but it has not within ${takeLimitMs / 1000} s`,
          hint: 'its error log says why',
        },
      ]);
    }
    await sleep(pollMs);
  }
}

/**
 * Waits until the workers that leave have answered their last requests.
 *
 * @param goesOn asked now and then; when it says no, the waiting ends
 * @returns how many had not by then
 */
export async function drained(master: Master, limitMs: number, goesOn: () => boolean): Promise<number> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const leaving = workersOf(master).filter(({ isLeaving }) => isLeaving).length;
    if (leaving === 0 || performance.now() > endMs || !goesOn()) return leaving;
    await sleep(pollMs);
  }
}

function expectRunning(master: Master): void {
  if (isRunning(master)) return;
  throw new LbbenchError('unmeasurable', [
    {
      file: master.conf,
      message: `expected nginx (process ${master.pid}) to go on running, but it has ended`,
    },
  ]);
}

function refusal(message: string, hint: string): LbbenchError {
  return new LbbenchError('usage', [{ path: '--nginx-conf', message, hint }]);
}
