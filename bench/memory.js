#!/usr/bin/env node
/**
 * Peak memory of a short and of a long run, which should not differ: nothing may grow with the number of requests.
 *
 *     node bench/memory.js [requests of the long run]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startNginx } from './side-by-side/nginx.js';

const long = Number(process.argv[2] ?? 5_000_000);
const folder = mkdtempSync(join(tmpdir(), 'lbbench-bench-'));
const nginx = await startNginx(folder);
try {
  const scenario = join(folder, 'memory.yaml');
  writeFileSync(
    scenario,
    `name: memory\ntarget: http://127.0.0.1:${nginx.port}/\nload: { concurrency: 10 }\n`,
  );
  for (const requests of [10_000, long]) {
    console.log(
      `${String(requests).padStart(9)} requests: peak ${(await peakKb(scenario, requests)) / 1000} MB`,
    );
  }
} finally {
  await nginx.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Linux keeps the peak in the process's status; it is read until the process is gone. */
async function peakKb(scenario, requests) {
  const bin = fileURLToPath(new URL('../bin/lbbench.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [bin, 'run', scenario, '-n', `${requests}`, '--quiet', '--reports', join(folder, 'reports')],
    { stdio: 'inherit' },
  );
  let peak = 0;
  const watch = setInterval(() => {
    try {
      const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
      peak = Number(line?.[1] ?? peak);
    } catch {
      // It has just ended.
    }
  }, 20);
  await once(child, 'exit');
  clearInterval(watch);
  return peak;
}
