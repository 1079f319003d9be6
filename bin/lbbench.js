#!/usr/bin/env node
import { main } from '../dist/cli-main.js';

const code = await main(process.argv.slice(2), process);
process.exitCode = code;
// What was interrupted may still be waiting, for a name that is being looked up or a pipe that nobody writes to.
if (code === 130) process.exit();
