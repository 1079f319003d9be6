#!/usr/bin/env node
/**
 * Side by side with its peers: whatever of lbbench, wrk, ab, hey and autocannon is here, in turn, several rounds,
 * against one nginx that answers `return 200` with an X-Upstream header. Prints ratios, because absolute figures change
 * with the machine and its mood; a ratio compares two runs of the same round. Then how long short commands take.
 *
 *     npm run bench [-- --rounds 5 --seconds 3]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startNginx } from './side-by-side/nginx.js';
import { cases, isInstalled } from './side-by-side/peers.js';
import { measure } from './side-by-side/process.js';
import { printTable } from './side-by-side/table.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '3' } },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

const folder = mkdtempSync(join(tmpdir(), 'lbbench-bench-'));
const nginx = await startNginx(folder);
try {
  for (const { title, tools } of cases({ folder, port: nginx.port, seconds })) {
    const present = tools.filter(({ command }) => isInstalled(command[0]));
    const results = new Map(present.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const tool of present) {
        results.get(tool.name).push(await measure(tool));
        process.stderr.write('.');
      }
    }
    process.stderr.write('\n');
    printTable(title, results);
  }
} finally {
  await nginx.stop();
  rmSync(folder, { recursive: true, force: true });
}
spawnSync(process.execPath, [join(import.meta.dirname, 'start.js')], { stdio: 'inherit' });
