/**
 * Simulates a consistent hash over many request targets, and lets mawk do no more than read and split the same file:
 *
 *   node bench/simulate.js [--requests 1000000] [--rounds 3]
 *
 * Run by hand after `npm run build`. Needs mawk. The promise is less than twice mawk's time.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } },
});
const requests = Number(values.requests);
const program = join(import.meta.dirname, '../bin/lbbench.js');
const folder = mkdtempSync(join(tmpdir(), 'lbbench-simulate-'));
try {
  bench();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function bench() {
  const pool = join(folder, 'pool.conf');
  const servers = Array.from({ length: 10 }, (_, index) => `server 127.0.0.1:${8001 + index};`);
  writeFileSync(pool, `upstream backend { hash $request_uri consistent; ${servers.join(' ')} }\n`);
  const uris = targets(join(folder, 'uris.txt'));
  const args = ['simulate', '--upstream', pool, '--uris', uris];
  const commands = {
    "mawk '{c[$1]++}'": ['mawk', ['{c[$1]++}', uris]],
    'lbbench simulate': [process.execPath, [program, ...args, '--quiet']],
    'lbbench simulate --picks': [
      process.execPath,
      [program, ...args, '--quiet', '--picks', join(folder, 'picks')],
    ],
  };
  const best = {};
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, [file, rest]] of Object.entries(commands))
      best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, timed(file, rest));
  }
  console.log(
    `${requests} distinct targets, ${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}`,
  );
  const [base] = Object.values(best);
  for (const [name, ms] of Object.entries(best))
    console.log(`${name.padEnd(28)}${(ms / 1000).toFixed(2)} s  ${(ms / base).toFixed(2)} x mawk`);
}

/** Writes distinct targets in no order; the multiplier is odd, so that it makes a permutation of 32-bit numbers. */
function targets(path) {
  const file = openSync(path, 'w');
  for (let start = 0; start < requests; start += 10_000) {
    let text = '';
    for (let n = start; n < Math.min(requests, start + 10_000); n++)
      text += `/completions/${(Math.imul(n, 0x9e3779b1) >>> 0).toString(36)}?user=${n % 5000}\n`;
    writeSync(file, text);
  }
  closeSync(file);
  return path;
}

function timed(file, args) {
  const start = performance.now();
  const { status, error } = spawnSync(file, args, { stdio: 'ignore' });
  if (status !== 0) throw error ?? new Error(`${file} ended with ${status}`);
  return performance.now() - start;
}
