#!/usr/bin/env node
const { join } = require('node:path');

const [, , ...argv] = process.argv;
// What says only a version or how to call it needs too little to keep it.
const { main } = argv[0]?.startsWith('-')
  ? require('../dist/program.cjs')
  : require('../dist/start.cjs').load(join(__dirname, '../dist'), 'program.cjs', argv[0]);
main(argv, process).then((code) => {
  process.exitCode = code;
  // What was interrupted may still be waiting, for a name that is being looked up or a pipe that nobody writes to.
  if (code === 130) process.exit();
});
