/**
 * Reads a generated access log with lbbench and with the tools it replaces, side by side on this machine, and prints
 * how many times as fast lbbench is: whole processes in turns, medians. Run by hand after `npm run build`:
 *
 *   node bench/log.js [--mb 335] [--rounds 5] [--large]
 *
 * `--large` also reads a tenfold log, and compares the peak memory. Needs mawk; GoAccess is left out when not installed,
 * and reads a log of 30 MB only, because it takes a minute for 300.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { builtApart } from '../build/apart.js';

const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '335' },
    rounds: { type: 'string', default: '5' },
    large: { type: 'boolean', default: false },
  },
});
const program = join(import.meta.dirname, '../bin/lbbench.js');
const lbbench = (threads, path) => [process.execPath, [program, 'log', path, '--threads', threads]];
/** What peaks of memory are measured with. */
const readLog = await builtApart('accesslog/read-log');
const reader = (threads, path) => [join(import.meta.dirname, 'log-reader.js'), readLog, threads, path];
const folder = mkdtempSync(join(tmpdir(), 'lbbench-log-'));
try {
  bench();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function bench() {
  const log = generate(join(folder, 'access.log'), Number(values.mb) * 1e6);
  const short = generate(join(folder, 'short.log'), 30e6);
  const megabytes = statSync(log).size / 1e6;
  console.log(`${megabytes.toFixed(0)} MB, ${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}`);
  const commands = {
    'lbbench, one thread': lbbench('1', log),
    'lbbench, two threads': lbbench('2', log),
    'lbbench, JSON lines': lbbench(
      '1',
      generate(join(folder, 'json.log'), Number(values.mb) * 1e6, jsonLine),
    ),
    'wc -l': ['wc', ['-l', log]],
    mawk: ['mawk', ['{c[$NF]++} END {for (k in c) print k, c[k]}', log]],
    'awk | sort | uniq -c': ['sh', ['-c', `awk '{print $NF}' "$1" | sort | uniq -c`, 'sh', log]],
    GoAccess: [
      'goaccess',
      [
        short,
        '--no-global-config',
        '-o',
        join(folder, 'goaccess.json'),
        '--date-format=%d/%b/%Y',
        '--time-format=%T',
      ].concat('--log-format=%h:%^ %^ - %^ [%d:%t %^] "%r" %s %b "%R" "%u" "%^" to: %v'),
    ],
  };
  const took = {};
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, [file, args]] of Object.entries(commands)) {
      // The slowest one needs no second look.
      if (name === 'GoAccess' && round > 0) continue;
      const readShare = name === 'GoAccess' ? statSync(short).size / statSync(log).size : 1;
      const ms = timed(file, args);
      if (ms !== undefined) took[name] = [...(took[name] ?? []), ms / readShare];
    }
  }
  const median = Object.fromEntries(Object.entries(took).map(([name, all]) => [name, middleOf(all)]));
  for (const [name, ms] of Object.entries(median))
    console.log(
      `${name.padEnd(22)} ${(ms / 1000).toFixed(2)} s  ${((megabytes / ms) * 1000).toFixed(0)} MB/s`,
    );
  const ratio = (name, goal, ours = 'lbbench, one thread') => {
    if (median[name] === undefined) console.log(`${name}: not installed`);
    else
      console.log(
        `${ours}: ${(median[name] / median[ours]).toFixed(2)} times as fast as ${name} (goal ${goal})`,
      );
  };
  ratio('mawk', 3);
  ratio('awk | sort | uniq -c', 8);
  ratio('GoAccess', 100);
  ratio('lbbench, one thread', 1.5, 'lbbench, two threads');
  ratio('lbbench, one thread', 0.5, 'lbbench, JSON lines');
  const peak = peakMegabytes(log);
  console.log(`peak memory ${peak.toFixed(0)} MB for ${megabytes.toFixed(0)} MB`);
  if (!values.large) return;
  const large = generate(join(folder, 'large.log'), Number(values.mb) * 1e7);
  const largeMs = (threads) => middleOf([1, 2, 3].map(() => timed(...lbbench(threads, large))));
  const [one, two] = [largeMs('1'), largeMs('2')];
  console.log(`${(statSync(large).size / one / 1e6).toFixed(2)} GB/s on one thread (goal 1)`);
  console.log(`two threads: ${(one / two).toFixed(2)} times as fast (goal 1.8)`);
  const largePeak = peakMegabytes(large);
  console.log(
    `peak memory ${largePeak.toFixed(0)} MB for ${(statSync(large).size / 1e6).toFixed(0)} MB: ${(largePeak - peak).toFixed(0)} MB more (goal: both within 100)`,
  );
}

function middleOf(numbers) {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];
}

/** Milliseconds a whole process takes; `undefined` when it is not installed. */
function timed(file, args) {
  const start = performance.now();
  const { error, status, stderr } = spawnSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (error?.code === 'ENOENT') return undefined;
  if (error !== undefined || status !== 0) throw error ?? new Error(`${file}: ${stderr}`);
  return performance.now() - start;
}

function peakMegabytes(log) {
  return JSON.parse(execFileSync(process.execPath, reader('1', log), { encoding: 'utf8' })).peakMegabytes;
}

/** Lines of the article's second format, the same ones every time: 2 backends, retries, a few local pages. */
function generate(path, bytes, lineOf = plainLine) {
  let state = 1;
  const draw = (below) => {
    // Numerical Recipes' linear congruential generator; its high bits are good enough for a log.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const agents = [
    'ApacheBench/2.3',
    'curl/8.5.0',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36',
    'python-requests/2.31.0',
  ];
  const upstreams = [
    '127.0.0.1:8001',
    '127.0.0.1:8002',
    '127.0.0.1:8001',
    '127.0.0.1:8002',
    '127.0.0.1:8003',
  ];
  const two = (value) => String(value).padStart(2, '0');
  const file = openSync(path, 'w');
  let written = 0;
  for (let second = 0; written < bytes; second++) {
    const time = `${two(2 + Math.floor(second / 86400))}/Mar/2025:${two(Math.floor(second / 3600) % 24)}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)} +0800`;
    let chunk = '';
    for (let i = 0; i < 500; i++) {
      const kind = draw(100);
      const uri = kind < 50 ? '/chat' : kind < 90 ? `/completions?user=${draw(500)}` : '/';
      const upstream =
        kind === 99 ? '-' : kind === 98 ? `${upstreams[draw(5)]}, ${upstreams[draw(5)]}` : upstreams[draw(5)];
      chunk += lineOf({
        client: `10.0.${draw(256)}.${draw(256)}:${32768 + draw(28000)}`,
        uri,
        time,
        request: `${kind < 90 ? 'POST' : 'GET'} ${uri} HTTP/1.1`,
        status: kind === 97 ? 502 : 200,
        bytes: draw(5000),
        agent: agents[draw(4)],
        upstream,
      });
    }
    written += writeSync(file, chunk);
  }
  closeSync(file);
  return path;
}

function plainLine({ client, uri, time, request, status, bytes, agent, upstream }) {
  return `${client} ${uri} - - [${time}] "${request}" ${status} ${bytes} "-" "${agent}" "-" to: ${upstream}\n`;
}

/** As nginx writes it with `escape=json`. */
function jsonLine({ client, uri, time, request, status, bytes, agent, upstream }) {
  return `{"client":"${client}","uri":"${uri}","time_local":"${time}","request":"${request}","status":${status},"body_bytes_sent":${bytes},"http_user_agent":"${agent}","upstream_addr":"${upstream}"}\n`;
}
