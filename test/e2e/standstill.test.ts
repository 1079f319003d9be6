import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WireChoice } from '../../src/model/plan.js';
import type { Report } from '../../src/model/report.js';
import { Workplace } from './lbbench.js';

let workplace: Workplace;
let server: Server;
let asked = 0;
beforeEach(async () => {
  workplace = new Workplace();
  asked = 0;
  server = createServer((_request, response) => {
    asked++;
    setTimeout(() => response.end('hello'), 100);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  workplace.remove();
});

/** Runs a load of requests that take 100 ms, which stands still for 2 s when it has begun. */
async function stopped(wire: WireChoice) {
  const { port } = server.address() as AddressInfo;
  const file = workplace.write(
    's.yaml',
    `target: http://127.0.0.1:${port}
load: { requests: 40, concurrency: 10, timeout: 1s, wire: ${wire} }
thresholds: ["errors < 1%", "p50 < 1s", "p90 < 1s"]
`,
  );
  const { child, ended } = workplace.start(['run', file, '--quiet', '--export-json', '-']);
  await expect.poll(() => asked, { timeout: 20_000, interval: 5 }).toBeGreaterThan(10);
  child.kill('SIGSTOP');
  await sleep(2000);
  child.kill('SIGCONT');
  const { code, stdout } = await ended;
  const { runs, thresholds } = JSON.parse(stdout) as Report;
  return { code, run: runs[0], thresholds };
}

describe('a run that is stopped for a while (SIGSTOP)', () => {
  it.runIf(process.platform === 'linux').each(['epoll', 'auto'] as const)(
    'over %s shows what the kernel saw meanwhile',
    async (wire) => {
      const { code, run, thresholds } = await stopped(wire);
      expect(run?.outcomes).toMatchObject({ started: 40, responses: 40, timeouts: 0 });
      expect(run?.wire?.clock).toBe('kernel');
      expect(run?.lagMs?.max).toBeGreaterThan(1500);
      expect(run?.responseMs.max).toBeLessThan(1500);
      expect(run?.warnings.map(({ code }) => code)).toContain('generator-stopped');
      expect(thresholds?.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass']);
      expect(code).toBe(0);
    },
  );

  it('blames nobody for what it missed itself', async () => {
    const { code, run, thresholds } = await stopped('node');
    expect(run?.outcomes).toMatchObject({ started: 40, responses: 40, timeouts: 0 });
    expect(run?.generator?.lostMs).toBeGreaterThan(1900);
    expect(run?.lagMs).toMatchObject({ count: 40 });
    expect(run?.warnings.map(({ code }) => code)).toContain('generator-stopped');
    expect(thresholds).toMatchObject([
      { rule: 'errors < 1%', verdict: 'pass' },
      { rule: 'p50 < 1s', verdict: 'pass' },
      { rule: 'p90 < 1s', verdict: 'inconclusive', note: expect.stringContaining('lbbench itself was late') },
    ]);
    expect(code).toBe(4);
  });
});
