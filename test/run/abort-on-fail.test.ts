import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOfReport } from '../../src/cli/exit-codes.js';
import { LbbenchError } from '../../src/model/fault.js';
import { runScenario } from '../../src/run/run-scenario.js';
import { readScenario } from '../../src/run/scenario-file.js';

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lbbench-abort-'));
  server = createServer((request, response) => {
    const backend = request.url === '/skewed' ? '127.0.0.1:8001' : `127.0.0.1:800${(served++ % 2) + 1}`;
    const status = request.url === '/broken' ? 502 : 200;
    setTimeout(() => response.writeHead(status, { 'X-Upstream': backend }).end('ok'), 2);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});
let served = 0;

function scenario(path: string, thresholds: string) {
  const file = join(folder, 'abort.yaml');
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    file,
    `target: http://127.0.0.1:${port}\nrequests: [{ path: ${path} }]\nload: { duration: 20s, concurrency: 10 }\nexpect: { "127.0.0.1:8001": 1, "127.0.0.1:8002": 1 }\nthresholds: ${thresholds}\n`,
  );
  return readScenario(file).plan;
}

describe('abortOnFail', () => {
  it.each([
    ['/skewed', 'skew < 5%', 'the skew is 100 %'],
    ['/broken', 'errors < 10%', 'errors are 100 %'],
  ])(
    'ends a hopeless run of %s early, and it fails instead of counting as interrupted',
    async (path, rule, found) => {
      const started = performance.now();
      const report = await runScenario(scenario(path, `[{ rule: "${rule}", abortOnFail: true }]`));
      expect(performance.now() - started).toBeLessThan(10_000);
      expect(report.runs[0]?.interrupted).toBe(false);
      expect(report.runs[0]?.warnings).toContainEqual({
        code: 'ended-early',
        text: expect.stringMatching(
          new RegExp(
            `^the run was ended early: ${rule} cannot hold any more: ${found} after [\\d,]+ requests$`,
          ),
        ),
      });
      expect(report.verdict).toBe('fail');
      expect(codeOfReport(report)).toBe(1);
    },
  );

  it('ends the round that its rule selects', async () => {
    const plan = scenario('/skewed', '[{ rule: "skew{run=abort} < 5%", abortOnFail: true }]');
    const { runs } = await runScenario({ ...plan, repeat: 2 });
    expect(
      runs.map(({ name, warnings }) => [name, warnings.some(({ code }) => code === 'ended-early')]),
    ).toEqual([
      ['abort #1', true],
      ['abort #2', true],
    ]);
  });

  it('refuses a rule that is not known on the way', () => {
    expect(() => scenario('/', '[{ rule: "p50 < 1s", abortOnFail: true }]')).toThrow(LbbenchError);
    expect(() => scenario('/', '[{ rule: "p50 < 1s", abortOnFail: true }]')).toThrow(
      'expected a metric that is known while the run goes on, got another with abortOnFail',
    );
  });
});
