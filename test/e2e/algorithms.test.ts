import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWithNginx } from '../integration/real-nginx.js';
import { freePorts } from '../lab/free-port.js';
import { Workplace } from './lbbench.js';

const algorithms = [
  'round_robin',
  'least_conn',
  'ip_hash',
  'hash $request_uri',
  'hash $request_uri consistent',
  'random',
  'random two least_conn',
];

let workplace: Workplace;
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => workplace.remove());

async function scenario(balancer: string): Promise<{ text: string; addresses: string[] }> {
  const addresses = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
  const text = `name: every
lab:
  balancer: ${balancer}
  servers: ["${addresses[0]} weight=3", "${addresses[1]}"]
load: { requests: 80, concurrency: 4, sourceAddresses: "127.0.{1..16}.1" }
algorithms: [${algorithms.map((algorithm) => JSON.stringify(algorithm)).join(', ')}]
requests: [{ name: user, path: "/chat?user={1..40}" }]
`;
  return { text, addresses };
}

async function expectEachRun(balancer: string, told: RegExp): Promise<void> {
  const { text, addresses } = await scenario(balancer);
  const { report, code, stderr } = await workplace.run(text);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(report.runs.map(({ name, algorithm }) => [name, algorithm])).toEqual(
    algorithms.map((algorithm) => [algorithm, algorithm]),
  );
  for (const run of report.runs) {
    expect(run.balancer).toMatch(told);
    expect(run.outcomes).toMatchObject({ started: 80, responses: 80 });
    expect(run.unattributed).toBe(0);
    expect(
      run.backends.map(({ address, weight, expectedShare }) => [address, weight, expectedShare]),
    ).toEqual([
      [addresses[0], 3, 0.75],
      [addresses[1], 1, 0.25],
    ]);
  }
  // Whole turns of weights 3 and 1: 80 x 3/4.
  expect(report.runs[0]?.backends.map(({ count }) => count)).toEqual([60, 20]);
  expect(workplace.reports()).toHaveLength(1);
}

describe('every algorithm', () => {
  it('runs in turn on the embedded balancer', () => expectEachRun('embedded', /^embedded$/));

  it('is shown beside the others', async () => {
    const { text } = await scenario('embedded');
    const file = workplace.write('scenario.yaml', text);
    const { stdout } = await workplace.lbbench(['run', file, '-n', '20']);
    const lines = stdout.split('\n');
    const end = lines.findIndex((line) => line.startsWith('  times in ms'));
    const rows = lines.slice(end - 9, end).join('\n');
    for (const algorithm of algorithms) expect(rows).toContain(`\n  ${algorithm} `);
  });

  it('can be chosen by flags, and keeps their order', async () => {
    const { text } = await scenario('embedded');
    const { report } = await workplace.run(text, [
      '--algorithm',
      'random',
      '--algorithm',
      'ip_hash',
      '-n',
      '10',
    ]);
    expect(report.runs.map(({ algorithm }) => algorithm)).toEqual(['random', 'ip_hash']);
  });
});

describeWithNginx('every algorithm', () => {
  it('runs in turn on nginx', () => expectEachRun('nginx', /^nginx \d+\.\d+\.\d+$/));
});
