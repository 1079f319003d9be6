/** Reads a log with lbbench, all fields of every line, and prints what it found: `node log-reader.js MODULE THREADS FILE`. */
const [module = '', threads = '1', path = ''] = process.argv.slice(2);
const { readLog } = await import(module);
const result = await readLog({ paths: [path], threads: Number(threads) });
console.log(
  JSON.stringify({
    records: result.records,
    unmatched: result.unmatched.count,
    attempts: Object.fromEntries(result.attempts ?? []),
    status: result.tally.statusCounts(),
    bodyBytes: result.tally.counters.bodyBytes,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  }),
);
