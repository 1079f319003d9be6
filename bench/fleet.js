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
