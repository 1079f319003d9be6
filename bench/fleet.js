#!/usr/bin/env node
/**
 * What a fleet costs: the processor time of a request sent by an agent against one sent by a plain run (alternating, what a
 * run costs beside its requests subtracted by two sizes), the commands and bytes that Redis sees of three agents, and how
 * long the coordinator's work on one look takes with a thousand agents. Needs redis-server and nginx.
 *
 *     node bench/fleet.js [--rounds 9] [--requests 40000]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { builtApart } from '../build/apart.js';
import { startNginx } from './side-by-side/nginx.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, requests: { type: 'string', default: '40000' } },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);
const program = fileURLToPath(new URL('../bin/lbbench.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lbbench-bench-'));
const socket = join(folder, 'redis.sock');
const ticksPerSec = 100;

/** User and system time of a process and its threads so far, in seconds. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSec;
}

/** Runs to its end, and returns its processor time as the kernel tells its parent. */
async function run(args) {
  const script = 'exec 3>&1; "$@" >/dev/null 2>&1; code=$?; times >&3; exit $code';
  const child = spawn('/bin/sh', ['-c', script, 'sh', process.execPath, program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`lbbench ${args.join(' ')} ended with ${code}`);
  const last = text.trim().split('\n').at(-1);
  return [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + Number(m) * 60 + Number(s),
    0,
  );
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** What the coordinator does with the words of a thousand agents, each of some hundred requests to three backends. */
async function coordinate() {
  const { Tally, prepareHistograms, Seal, readCheckpoint, readProgress, mergedProgress, limits } =
    await import(
      await builtApart(
        'tally/tally',
        'tally/latency-histogram',
        'fleet/seal',
        'fleet/wire',
        'engine/load-progress',
      )
    );
  await prepareHistograms();
  const seal = new Seal('bench');
  const seats = 1000;
  const addresses = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'];
  const checkpoints = [];
  const progresses = [];
  for (let seat = 0; seat < seats; seat++) {
    const tally = new Tally({ requestNames: ['GET /'], open: false, abColumns: false });
    for (let i = 0; i < 300; i++) {
      const serviceUs = 1000 + ((i * 7919 + seat * 104_729) % 50_000);
      tally.recordResponse(0, tally.cellOf(addresses[i % 3]), 200, i * 3000, 800, serviceUs);
    }
    tally.close();
    const honest = {
      elapsedUs: 1e6,
      claimed: 300,
      tally: tally.toData(),
      parts: undefined,
      lateUs: 0,
      clockBoundUs: 10,
      clockDriftUs: 0,
      addresses: ['10.1.0.1'],
      node: 'v20',
      threads: 2,
      fenced: false,
    };
    checkpoints.push(seal.close(honest, 'checkpoint'));
    const progress = {
      elapsedMs: 1000,
      ended: 300,
      failed: 0,
      errors: 0,
      p99Ms: 50,
      backends: addresses.map((address) => ({ address, count: 100 })),
    };
    progresses.push(seal.close({ seat, progress }, 'progress'));
    tally.release();
  }
  const timesOf = (times, work) =>
    Array.from({ length: times }, () => {
      const start = process.hrtime.bigint();
      work();
      return Number(process.hrtime.bigint() - start) / 1e6;
    });
  const views = timesOf(50, () =>
    mergedProgress(
      progresses.map((one) => readProgress(seal.open(one, 'progress', limits.message)).progress),
    ),
  );
  const opens = timesOf(9, () => {
    for (const one of checkpoints) readCheckpoint(seal.open(one, 'checkpoint', limits.message));
  });
  const merges = timesOf(9, () => {
    const whole = new Tally({ requestNames: ['GET /'], open: false, abColumns: false });
    for (const one of checkpoints) {
      const own = Tally.from(readCheckpoint(seal.open(one, 'checkpoint', limits.message)).tally);
      whole.add(own);
      own.release();
    }
    whole.release();
  });
  console.log(
    `1,000 agents: a live view of all ${median(views).toFixed(0)} ms (p99 ${Math.max(...views).toFixed(0)}), all checkpoints opened and checked ${median(opens).toFixed(0)} ms, merged too ${median(merges).toFixed(0)} ms, ${Math.round(checkpoints.reduce((sum, { length }) => sum + length, 0) / seats)} bytes each`,
  );
}

await coordinate();
const nginx = await startNginx(folder);
const redisServer = spawn(
  'redis-server',
  ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder],
  {
    stdio: 'ignore',
  },
);
const agents = [];
try {
  for (;;) {
    const isUp = await new Promise((resolve) => {
      const probe = createConnection(socket, () => resolve(true)).on('error', () => resolve(false));
      probe.on('connect', () => probe.destroy());
    });
    if (isUp) break;
    await sleep(20);
  }
  const startAgent = async () => {
    const agent = spawn(process.execPath, [program, 'agent', '--redis', socket, '--threads', '1'], {
      stdio: 'ignore',
    });
    agents.push(agent);
    await sleep(3000);
    return agent;
  };
  const url = `http://127.0.0.1:${nginx.port}/`;
  const load = (count) => ['run', url, '-n', String(count), '-c', '10', '--quiet'];

  const agent = await startAgent();
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const plain =
      (await run([...load(2 * requests), '--threads', '1'])) -
      (await run([...load(requests), '--threads', '1']));
    const cpu = [];
    for (const count of [requests, 2 * requests]) {
      const before = cpuOf(agent.pid);
      await run([...load(count), '--agents', '1', '--redis', socket]);
      cpu.push(cpuOf(agent.pid) - before);
    }
    ratios.push((cpu[1] - cpu[0]) / plain);
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  if (rounds > 0)
    console.log(
      `processor time a request, agent / plain run: ${median(ratios).toFixed(3)} (${ratios
        .map((one) => one.toFixed(2))
        .sort()
        .join(' ')})`,
    );

  await startAgent();
  await startAgent();
  const redis = new Redis(socket);
  const numbers = async () => {
    const info = await redis.info();
    const value = (name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    return {
      commands: value('total_commands_processed'),
      in: value('total_net_input_bytes'),
      out: value('total_net_output_bytes'),
    };
  };
  const idle = await numbers();
  await sleep(10_000);
  const start = await numbers();
  await run(['run', url, '-t', '10s', '-c', '9', '--quiet', '--agents', '3', '--redis', socket]);
  const end = await numbers();
  redis.disconnect();
  console.log(
    `Redis, 3 agents waiting 10 s: ${start.commands - idle.commands} commands, ${start.in - idle.in} bytes in, ${start.out - idle.out} out`,
  );
  console.log(
    `Redis, 3 agents in a run of 10 s: ${end.commands - start.commands} commands, ${end.in - start.in} bytes in, ${end.out - start.out} out`,
  );
} finally {
  for (const one of agents) one.kill('SIGTERM');
  await Promise.all(agents.map((one) => one.exitCode ?? once(one, 'exit')));
  redisServer.kill('SIGTERM');
  await once(redisServer, 'exit');
  await nginx.stop();
  rmSync(folder, { recursive: true, force: true });
}
