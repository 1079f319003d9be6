#!/usr/bin/env node
// npm run hostile -- --tries N [--seed S]: servers of bad manners against random plans, as many as asked for.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { tries: { type: 'string' }, seed: { type: 'string' } } });
const env = {
  ...process.env,
  ...(values.tries !== undefined && { HOSTILE_TRIES: values.tries }),
  ...(values.seed !== undefined && { HOSTILE_SEED: values.seed }),
};
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'core', 'test/hostile/manners.test.ts'], {
  env,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
