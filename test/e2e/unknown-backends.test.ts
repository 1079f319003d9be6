import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { type HostileServer, hostileServer, onRequest } from '../engine/native/hostile-server.js';
import { Workplace } from './lbbench.js';

let workplace: Workplace;
let server: HostileServer | undefined;
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(async () => {
  await server?.close();
  workplace.remove();
});

const requests = 40_000;

/** Who served request `n`; `undefined` where nothing tells. */
type Served = (n: number) => string | undefined;

/** Of 20 backends that are asked in turn two say who they are: 36,000 of 40,000 responses do not. */
const twoOfTwenty: Served = (n) => (n % 20 < 2 ? `127.0.0.1:${8001 + (n % 20)}` : undefined);
/** 30,000 backends, of which 1,024 are kept. */
const thirtyThousand: Served = (n) => `10.0.${(n % 30_000) >> 8}.${n & 0xff}:80`;

interface Gated {
  readonly code: number | null;
  readonly report: Report;
}

async function gated(command: readonly string[]): Promise<Gated> {
  const options = ['--threshold', 'skew < 5%', '--export-json', '-', '--quiet'];
  const { code, stdout } = await workplace.lbbench([...command, ...options]);
  return { code, report: JSON.parse(stdout) };
}

async function runReport(served: Served): Promise<Gated> {
  let n = 0;
  server = await hostileServer((socket) =>
    onRequest(socket, () => {
      const backend = served(n++);
      const header = backend === undefined ? '' : `X-Upstream: ${backend}\r\n`;
      socket.write(`HTTP/1.1 200 OK\r\n${header}Content-Length: 2\r\n\r\nok`);
    }),
  );
  const url = `http://127.0.0.1:${server.port}/`;
  return gated(['run', url, '-n', String(requests), '-c', '10']);
}

async function logReport(served: Served): Promise<Gated> {
  const lines = Array.from({ length: requests }, (_, n) => {
    const backend = served(n);
    return `02/Mar/2025:21:10:00 +0000 200 ${backend === undefined ? '-, -' : backend}\n`;
  });
  workplace.write('access.log', lines.join(''));
  return gated(['log', 'access.log', '--format', '$time_local $status $upstream_addr']);
}

describe.each([
  ['run', runReport],
  ['log', logReport],
])('%s', (_, reportOf) => {
  it('does not call a spread even of which nine tenths are not known', async () => {
    const { code, report } = await reportOf(twoOfTwenty);
    expect(report.runs[0]?.unattributed).toBe(36_000);
    expect(report.thresholds[0]).toMatchObject({
      value: 0,
      verdict: 'inconclusive',
      note: expect.stringContaining('36,000 of 40,000 responses'),
    });
    expect(report.verdict).toBe('inconclusive');
    expect(code).toBe(4);
  });

  it('counts the backends beyond those that are kept among the unknown', async () => {
    const { code, report } = await reportOf(thirtyThousand);
    const [run] = report.runs;
    const attributed = run?.backends.reduce((sum, { count }) => sum + count, 0) ?? 0;
    expect(run?.backends).toHaveLength(1024);
    expect(attributed + (run?.unattributed ?? 0)).toBe(requests);
    expect(report.thresholds[0]).toMatchObject({
      verdict: 'inconclusive',
      note: expect.stringContaining(`of 40,000 responses`),
    });
    expect(code).toBe(4);
  });
});
