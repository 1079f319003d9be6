#!/usr/bin/env node
/**
 * How long whole processes take, from start to end, beside a bare `node -e 0`: all in turn, and the ratio of their medians.
 * A first round, in which code is compiled and kept, is not counted.
 *
 *     node bench/start.js [--rounds 21]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startNginx } from './side-by-side/nginx.js';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '21' } } });
const rounds = Number(values.rounds);
const folder = mkdtempSync(join(tmpdir(), 'lbbench-start-'));
const nginx = await startNginx(folder);
try {
  const program = resolve(import.meta.dirname, '../bin/lbbench.js');
  const url = `http://127.0.0.1:${nginx.port}/`;
  const scenario = join(folder, 'scenario.yaml');
  writeFileSync(scenario, `name: start\ntarget: ${url}\nload: { requests: 1 }\n`);
  const log = join(folder, 'access.log');
  const line = (second) =>
    `127.0.0.1 - - [26/Nov/2026:10:00:${String(second % 60).padStart(2, '0')} +0000] "GET /${second} HTTP/1.1" 200 612 "-" "curl/7.88" "-" to: 127.0.0.1:800${second % 2}\n`;
  writeFileSync(log, Array.from({ length: 500 }, (_, second) => line(second)).join(''));
  const commands = [
    { name: 'node -e 0', args: ['-e', '0'] },
    { name: '--version', goal: 1.15, args: [program, '--version'] },
    { name: 'check', goal: 1.8, args: [program, 'check', scenario] },
    { name: 'log, 500 lines', goal: 1.8, args: [program, 'log', log] },
    { name: 'ab -n 1', goal: 2, args: [program, 'ab', '-n', '1', url] },
    { name: 'run, 1 request', goal: 2.2, args: [program, 'run', scenario, '--quiet'] },
  ];
  const times = commands.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, { name, args }] of commands.entries()) {
      const start = process.hrtime.bigint();
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder });
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
      if (round >= 0) times[index].push(Number(process.hrtime.bigint() - start) / 1e6);
    }
  }
  const load = loadavg()[0].toFixed(1);
  console.log(
    `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, load ${load}, ${rounds} rounds\n`,
  );
  console.log('| | median ms | least ms | times `node -e 0` | goal |\n|---|---:|---:|---:|---:|');
  const sorted = times.map((values) => values.toSorted((a, b) => a - b));
  const medians = sorted.map((values) => values[values.length >> 1]);
  for (const [index, { name, goal }] of commands.entries()) {
    const ratio = goal === undefined ? '' : (medians[index] / medians[0]).toFixed(2);
    const [least] = sorted[index];
    console.log(
      `| \`${name}\` | ${medians[index].toFixed(0)} | ${least.toFixed(0)} | ${ratio} | ${goal ?? ''} |`,
    );
  }
} finally {
  await nginx.stop();
  rmSync(folder, { recursive: true, force: true });
}
