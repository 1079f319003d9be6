import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { directive } from '../../src/nginx/config/directive.js';
import { CountingBackends } from '../e2e/counting-backends.js';
import { Workplace } from '../e2e/lbbench.js';
import { freePorts } from '../lab/free-port.js';
import { BareNginx } from './bare-nginx.js';
import { describeWithNginx } from './real-nginx.js';

const nginx = new BareNginx();
const folder = mkdtempSync(join(tmpdir(), 'lbbench-ab-log-'));
let backends: CountingBackends;
let dead = '';
beforeAll(async () => {
  backends = await CountingBackends.start(2);
  const [port] = await freePorts(1);
  dead = `127.0.0.1:${port}`;
});
afterAll(async () => {
  nginx.remove();
  rmSync(folder, { recursive: true, force: true });
  await backends.close();
});

describeWithNginx('lbbench ab --log', () => {
  it("counts by nginx's log what the backends counted, retries included, and reads the same log later alike", async () => {
    const log = join(folder, 'access.log');
    const format =
      '$remote_addr "$request" $status "$http_user_agent" $upstream_response_time to: $upstream_addr';
    const pool = directive(
      'upstream',
      ['backend'],
      [dead, ...backends.addresses].map((address) => directive('server', [address, 'max_fails=0'])),
    );
    const location = directive(
      'location',
      ['/'],
      [directive('proxy_pass', ['http://backend']), directive('access_log', [log, 'f'])],
    );
    const workplace = new Workplace();
    try {
      const { code, stdout, stderr } = await nginx.serve(
        [location],
        [directive('log_format', ['f', format]), pool],
        () =>
          workplace.lbbench([
            'ab',
            ...['-n', '300', '-c', '3', '-q', '--log', log, '--log-format', format],
            ...['--export-json', 'run.json', `http://unix:${nginx.socket}:/`],
          ]),
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('Backends (by access.log)');
      const [run] = (JSON.parse(workplace.read('run.json')) as Report).runs;
      const counts = Object.fromEntries(run?.backends.map(({ address, count }) => [address, count]) ?? []);
      expect(counts).toEqual({ ...backends.counts(), [dead]: 0 });
      expect(run?.backends.find(({ address }) => address === dead)?.retries).toBe(100);
      expect(run?.reconciliation?.differences).toEqual([]);

      const read = await workplace.lbbench(['log', log, '--format', format, '--export-json', '-']);
      const [again] = (JSON.parse(read.stdout) as Report).runs;
      expect(again?.backends.map(({ address, count, retries }) => [address, count, retries]).sort()).toEqual(
        run?.backends.map(({ address, count, retries }) => [address, count, retries]).sort(),
      );
    } finally {
      workplace.remove();
    }
  });

  it('says before it sends anything what is wrong with the log', async () => {
    const workplace = new Workplace();
    try {
      const missing = await workplace.lbbench(['ab', '--log', 'nowhere.log', 'http://127.0.0.1:1/']);
      expect(missing.code).toBe(2);
      expect(missing.stderr).toContain('nowhere.log  expected a readable log file');
      const alone = await workplace.lbbench(['ab', '--log-format', '$status', 'http://127.0.0.1:1/']);
      expect(alone.stderr).toBe('lbbench ab: --log-format: expected a log beside it: --log FILE\n');
    } finally {
      workplace.remove();
    }
  });
});
