import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { findNginx } from '../../src/lab/nginx/find.js';
import { Workplace } from '../e2e/lbbench.js';
import { freePorts } from '../lab/free-port.js';
import { descendantsOf, isAlive, type ProcessRow } from '../lab/processes.js';
import { isListening } from '../listening.js';
import { type Random, seededRandom } from '../stats/seeded-random.js';

/** A few in CI; as many as `npm run hostile -- --kills N` says by hand. */
const tries = Number(process.env.HOSTILE_KILLS ?? 6);
const seed = Number(process.env.HOSTILE_SEED ?? 1);
/** Tries at once: most of their time is spent waiting. */
const lanes = 3;
/** One try ends long before: a run of 1.5 s, and up to 5 s for each part that must be killed in the end. */
const limitMs = 60_000;

const hasNginx = (await findNginx(undefined, process.env.PATH)) !== undefined;
const balancers = hasNginx ? ['nginx', 'embedded'] : ['embedded'];

const signals = [
  ...([
    'SIGKILL',
    'SIGKILL',
    'SIGKILL',
    'SIGTERM',
    'SIGINT',
    'SIGHUP',
    'SIGQUIT',
    'SIGABRT',
    'SIGSEGV',
  ] as const),
  ...(['SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGWINCH', 'SIGSTOP', 'SIGTSTP'] as const),
] satisfies readonly NodeJS.Signals[];

/** What is done in one try, all of it drawn beforehand. */
interface Plan {
  readonly index: number;
  readonly command: 'run' | 'lab';
  readonly balancer: string;
  /** From its start; a run takes some 2.5 s in all. */
  readonly afterMs: number;
  readonly signal: NodeJS.Signals;
  /** Which of the processes there are then, 0 to 1. */
  readonly victim: number;
}

function plansOf(random: Random): Plan[] {
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  return Array.from({ length: tries }, (_, index) => ({
    index,
    command: random() < 0.8 ? 'run' : 'lab',
    balancer: one(balancers),
    afterMs: Math.floor(random() * 3_000),
    signal: one(signals),
    victim: random(),
  }));
}

interface Outcome {
  /** What was sent the signal; `nobody` when all was over. */
  readonly victim: string;
  /** What was left behind or went wrong. */
  readonly trouble: readonly string[];
}

const roles: readonly (readonly [role: string, command: RegExp])[] = [
  ["nginx's worker", /^nginx: worker/],
  ["nginx's master", /nginx: master|nginx -p/],
  ['the guardian', /lab-nginx-main\.js/],
  ['a demo backend', /lab-backend-main\.js/],
  ['the embedded balancer', /lab-balancer-main\.js/],
];

function roleOf(command: string): string {
  return roles.find(([, pattern]) => pattern.test(command))?.[0] ?? 'another';
}

async function outcomeOf(plan: Plan): Promise<Outcome> {
  const workplace = new Workplace();
  const [port = 0] = await freePorts(1);
  const socket = join(workplace.folder, 'b.sock');
  const file = workplace.write(
    's.yaml',
    `lab: { balancer: ${plan.balancer}, servers: ["127.0.0.1:${port}", "unix:${socket}"], backend: { latency: 2ms } }
algorithms: [round_robin, least_conn]
load: { duration: 700ms, concurrency: 4, timeout: 1s }
`,
  );
  const started = workplace.start([plan.command, file]);
  const main = started.child.pid ?? 0;
  const seen = new Map<number, ProcessRow>();
  const look = () => {
    for (const row of descendantsOf(main)) seen.set(row.pid, row);
  };
  const kill = (pid: number, signal: NodeJS.Signals) => {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  };
  const watching = setInterval(look, 100);
  let victim = 'nobody';
  try {
    await sleep(plan.afterMs);
    look();
    const living = [main, ...seen.keys()].filter(isAlive);
    const pid = living[Math.floor(plan.victim * living.length)];
    if (pid !== undefined) {
      victim = pid === main ? 'lbbench' : roleOf(seen.get(pid)?.command ?? '');
      kill(pid, plan.signal);
    }
    // What is stopped for good cannot end, and a lab stays up.
    if (pid === main) setTimeout(kill, 300, main, 'SIGCONT');
    if (plan.command === 'lab') setTimeout(kill, 1_500, main, 'SIGINT');
    const ended = await Promise.race([started.ended, sleep(limitMs, undefined, { ref: false })]);
    if (ended === undefined) return { victim, trouble: ['does not end'] };
    const trouble = [...wordsOf(ended.stderr), ...(await leftOf(workplace, [...seen.keys()]))];
    if (await isListening({ port, host: '127.0.0.1' })) trouble.push('the port of a backend is taken');
    if (existsSync(socket)) trouble.push('the socket of a backend is there');
    if (![0, 1, 3, 4, 130, null].includes(ended.code)) trouble.push(`exit code ${ended.code}`);
    return { victim, trouble };
  } finally {
    clearInterval(watching);
    for (const pid of [main, ...seen.keys()]) kill(pid, 'SIGKILL');
    await started.ended;
    workplace.remove();
  }
}

/** No stack and no bug among what a user reads. */
function wordsOf(stderr: string): string[] {
  return /^ +at |in a way it should not/m.test(stderr) ? [`says ${JSON.stringify(stderr)}`] : [];
}

/** Processes, temporary files and half-written results, once they have had time to go. */
async function leftOf(workplace: Workplace, pids: readonly number[]): Promise<string[]> {
  const left = () => [
    ...[...new Set([...pids.filter(isAlive), ...processesIn(workplace.temporary)])].map(
      (pid) => `process ${pid}`,
    ),
    ...readdirSync(workplace.temporary),
    ...[workplace.folder, join(workplace.folder, 'reports')].flatMap((folder) =>
      existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.part')) : [],
    ),
    ...workplace.reports().filter((name) => !isJson(workplace.read(join('reports', name)))),
  ];
  for (let waitedMs = 0; waitedMs < 10_000 && left().length > 0; waitedMs += 50) await sleep(50);
  return left().map((what) => `leaves ${what}`);
}

/** Those that work in a folder, also when nobody has seen them start: nginx's work in the lab's, gone or not. */
function processesIn(folder: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readlinkSync(`/proc/${name}/cwd`).startsWith(folder) && isAlive(Number(name))
        ? [Number(name)]
        : [];
    } catch {
      return [];
    }
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

if (process.platform !== 'linux') console.warn('processes are looked up in /proc: the kills are left out');

describe.runIf(process.platform === 'linux')(
  'each process of a run and of a lab, sent any signal at any moment',
  () => {
    it(
      `leaves nothing behind in ${tries} tries from seed ${seed}`,
      async () => {
        const waiting = plansOf(seededRandom(seed));
        const victims = new Map<string, number>();
        const failures: string[] = [];
        const lane = async () => {
          for (let plan = waiting.shift(); plan !== undefined; plan = waiting.shift()) {
            const { victim, trouble } = await outcomeOf(plan);
            victims.set(victim, (victims.get(victim) ?? 0) + 1);
            if (trouble.length > 0)
              failures.push(`${JSON.stringify(plan)}, ${victim}: ${trouble.join('; ')}`);
          }
        };
        await Promise.all(Array.from({ length: lanes }, lane));
        console.info([...victims].map(([victim, count]) => `${count} × ${victim}`).join(', '));
        expect(failures).toEqual([]);
      },
      Math.max(120_000, tries * 10_000),
    );
  },
);
