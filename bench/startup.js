// How long `lbbench --version` takes beside a bare `node -e 0`: the median of interleaved runs. It should be within twice.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const rounds = Number(process.argv[2] ?? 21);
const program = fileURLToPath(new URL('../bin/lbbench.js', import.meta.url));
const commands = { 'node -e 0': ['-e', '0'], 'lbbench --version': [program, '--version'] };

/** Milliseconds of each round, by command. */
const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, args] of Object.entries(commands)) {
    const start = process.hrtime.bigint();
    const { status, stderr } = spawnSync(process.execPath, args);
    if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
    times[name].push(Number(process.hrtime.bigint() - start) / 1e6);
  }
}

const medianOf = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
for (const [name, values] of Object.entries(times)) {
  console.log(`${name.padEnd(18)} ${medianOf(values).toFixed(1).padStart(7)} ms, median of ${rounds}`);
}
const ratio = medianOf(times['lbbench --version']) / medianOf(times['node -e 0']);
console.log(`ratio              ${ratio.toFixed(2).padStart(7)}`);
