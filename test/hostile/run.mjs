#!/usr/bin/env node
// npm run hostile -- --tries N --kills N [--seed S]: servers of bad manners against random plans, and signals to each
// process of a run, as many as asked for.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const number = { type: 'string' };
const { values } = parseArgs({ options: { tries: number, kills: number, seed: number } });
const env = {
  ...process.env,
  ...(values.tries !== undefined && { HOSTILE_TRIES: values.tries }),
  ...(values.kills !== undefined && { HOSTILE_KILLS: values.kills }),
  ...(values.seed !== undefined && { HOSTILE_SEED: values.seed }),
};
const onlyKills = values.kills !== undefined && values.tries === undefined;
const files = [
  ...(onlyKills ? [] : ['test/hostile/manners.test.ts']),
  ...(values.kills === undefined ? [] : ['test/hostile/kills.test.ts']),
];
const { status } = spawnSync('npx', ['vitest', 'run', ...files], { env, stdio: 'inherit' });
process.exitCode = status ?? 1;
