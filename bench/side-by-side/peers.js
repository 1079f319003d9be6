import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

export function isInstalled(program) {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const number = (text, pattern) => Number(pattern.exec(text)?.[1]);

const readWrk = (text) => ({
  requests: number(text, /(\d+) requests in/),
  perSec: number(text, /Requests\/sec:\s+([\d.]+)/),
});
const readAb = (text) => ({
  requests: number(text, /Complete requests:\s+(\d+)/),
  perSec: number(text, /Requests per second:\s+([\d.]+)/),
});
const readHey = (text) => {
  const perSec = number(text, /Requests\/sec:\s+([\d.]+)/);
  return { requests: perSec * number(text, /Total:\s+([\d.]+) secs/), perSec };
};
const readAutocannon = (text) => {
  const { requests, duration } = JSON.parse(text);
  return { requests: requests.total, perSec: requests.total / duration };
};
const readLbbench = (text) => {
  const [run] = JSON.parse(text).runs;
  return { requests: run.outcomes.responses, perSec: run.rps };
};

/** The comparisons: what is compared, and how each tool is asked to do it. */
export function cases({ folder, port, seconds }) {
  const url = `http://127.0.0.1:${port}/`;
  const lbbench = (concurrency, keepAlive, threads) => {
    const file = join(folder, `${concurrency}-${keepAlive}-${threads}.yaml`);
    writeFileSync(
      file,
      `name: bench\ntarget: ${url}\nthreads: ${threads}\nload: { duration: ${seconds}s, concurrency: ${concurrency}, keepAlive: ${keepAlive} }\n`,
    );
    const command = [process.execPath, path('bin/lbbench.js'), 'run', file, '--export-json', '-', '--quiet'];
    return {
      name: threads === 1 ? 'lbbench' : `lbbench --threads ${threads}`,
      command: [...command, '--reports', join(folder, 'reports')],
      read: readLbbench,
    };
  };
  const ab = (concurrency, flags) => ({
    name: 'ab',
    command: ['ab', '-q', '-t', `${seconds}`, '-n', '100000000', '-c', `${concurrency}`, ...flags, url],
    read: readAb,
  });
  const hey = (concurrency, flags) => ({
    name: 'hey',
    command: ['hey', '-cpus', '1', '-z', `${seconds}s`, '-c', `${concurrency}`, ...flags, url],
    read: readHey,
  });
  return [
    ...[10, 100].map((concurrency) => ({
      title: `keep-alive, ${concurrency} in flight, one thread`,
      tools: [
        lbbench(concurrency, true, 1),
        {
          name: 'wrk',
          command: ['wrk', '-t1', `-c${concurrency}`, `-d${seconds}s`, url],
          read: readWrk,
        },
        ab(concurrency, ['-k']),
        hey(concurrency, []),
        {
          name: 'autocannon',
          command: [
            process.execPath,
            path('node_modules/autocannon/autocannon.js'),
            ...['-c', `${concurrency}`, '-d', `${seconds}`, '--json', '--no-progress', url],
          ],
          read: readAutocannon,
        },
      ],
    })),
    {
      title: 'a connection a request, 10 in flight',
      tools: [lbbench(10, false, 1), lbbench(10, false, 2), ab(10, []), hey(10, ['-disable-keepalive'])],
    },
  ];
}
