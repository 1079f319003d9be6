import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.js';
import type { Warning } from '../../src/model/warning.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { upstreamsOf } from '../../src/nginx/upstream.js';
import { withPoolAddresses } from '../../src/run/expected-pool.js';
import { loadScenario } from '../../src/scenario/load-scenario.js';
import { planOf } from '../scenario/load-text.js';

/** A plan from a scenario's text, changed. */
function planWith(changes: Partial<Plan>): Plan {
  const loaded = loadScenario('target: http://127.0.0.1:8080', 's.yaml', {
    overrides: {},
    baseDir: '/',
    readFile: () => new Uint8Array(),
    listFolder: () => [],
  });
  if (!loaded.ok) throw new Error('expected a plan');
  return { ...loaded.plan, ...changes };
}

function poolOf(text: string) {
  const config = parseConfig(text);
  if (!config.ok) throw new Error('expected a configuration');
  return upstreamsOf(config.value).blocks[0]?.upstream;
}

const names: Record<string, readonly string[]> = { one: ['10.0.0.1'], two: ['10.0.0.2', 'fd00::2'] };
const lookUp = async (host: string) => {
  const found = names[host];
  if (found === undefined) throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
  return found;
};

describe('what is expected of a pool whose servers have names', () => {
  it('is told by the addresses that nginx prints, each with the whole weight of its name', async () => {
    const pool = poolOf(
      'upstream b { server one:8001 weight=3; server two:8002; server 127.0.0.1:8003 down; }',
    );
    const warnings: Warning[] = [];
    const plan = await withPoolAddresses(planWith({ pool }), (warning) => warnings.push(warning), lookUp);
    expect(plan.expected).toEqual([
      { address: '10.0.0.1:8001', weight: 3 },
      { address: '10.0.0.2:8002', weight: 1 },
      { address: '[fd00::2]:8002', weight: 1 },
      { address: '127.0.0.1:8003', weight: 0 },
    ]);
    expect(warnings).toEqual([]);
  });

  it('stays with the name, and says so, where that does not resolve', async () => {
    const pool = poolOf('upstream b { server gone:8001; server one:8002; }');
    const warnings: Warning[] = [];
    const plan = await withPoolAddresses(planWith({ pool }), (warning) => warnings.push(warning), lookUp);
    expect(plan.expected?.map(({ address }) => address)).toEqual(['gone:8001', '10.0.0.1:8002']);
    expect(warnings.map(({ text }) => text)).toEqual([
      '"gone" of the upstream block does not resolve here (ENOTFOUND), so what is expected of it cannot be compared; write expect with addresses',
    ]);
  });

  it('is left alone where it does not come from a configuration', async () => {
    const plan = planWith({ expected: [{ address: 'app:8001', weight: 1 }] });
    expect(await withPoolAddresses(plan, () => {}, lookUp)).toBe(plan);
  });
});

describe('what is expected of a lab whose servers run already', () => {
  const labOf = (servers: string) => planWith(planOf(`lab: { backends: running, servers: ${servers} }`));

  it('is told by the addresses behind their names, of which each is a server', async () => {
    const asked = labOf('["two:8002 weight=2", "127.0.0.1:8003"]');
    const plan = await withPoolAddresses(asked, () => {}, lookUp);
    expect(plan.lab?.servers.map(({ line }) => [line.server, line.address, line.weight])).toEqual([
      ['two:8002', '10.0.0.2:8002', 2],
      ['two:8002', '[fd00::2]:8002', 2],
      ['127.0.0.1:8003', '127.0.0.1:8003', 1],
    ]);
    expect(plan.expected).toEqual([
      { address: '10.0.0.2:8002', weight: 2 },
      { address: '[fd00::2]:8002', weight: 2 },
      { address: '127.0.0.1:8003', weight: 1 },
    ]);
  });

  it('cannot be told of a name without an address', async () => {
    await expect(withPoolAddresses(labOf('["three:80", "one:80"]'), () => {}, lookUp)).rejects.toMatchObject({
      kind: 'unmeasurable',
      faults: [
        {
          path: 'lab.servers',
          message: 'expected "three" to have an address, but it does not resolve here (ENOTFOUND)',
        },
      ],
    });
  });
});
