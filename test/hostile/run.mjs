#!/usr/bin/env node
// npm run hostile -- --tries N --kills N --lines N [--seed S]: servers of bad manners against random plans, signals to each
// process of a run, and lines of random logs, as many as asked for.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const number = { type: 'string' };
const { values } = parseArgs({ options: { tries: number, kills: number, lines: number, seed: number } });
const env = {
  ...process.env,
  ...(values.tries !== undefined && { HOSTILE_TRIES: values.tries }),
  ...(values.kills !== undefined && { HOSTILE_KILLS: values.kills }),
  ...(values.lines !== undefined && { HOSTILE_LINES: values.lines }),
  ...(values.seed !== undefined && { HOSTILE_SEED: values.seed }),
};
const isOther = values.kills !== undefined || values.lines !== undefined;
const files = [
  ...(isOther && values.tries === undefined ? [] : ['test/hostile/manners.test.ts']),
  ...(values.kills === undefined ? [] : ['test/hostile/kills.test.ts']),
  ...(values.lines === undefined ? [] : ['test/hostile/logs.test.ts']),
];
const { status } = spawnSync('npx', ['vitest', 'run', ...files], { env, stdio: 'inherit' });
process.exitCode = status ?? 1;
