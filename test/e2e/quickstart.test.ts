import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.js';
import { freePorts } from '../lab/free-port.js';
import { Workplace } from './lbbench.js';

const quickstart = readFileSync(resolve(import.meta.dirname, '../../scenarios/quickstart.yaml'), 'utf8');

let workplace: Workplace;
beforeEach(() => {
  workplace = new Workplace();
});
afterEach(() => workplace.remove());

/** The scenario on ports that nobody else uses, as tests run side by side. */
async function onFreePorts(text: string): Promise<string> {
  const ports = await freePorts(2);
  return text.replaceAll('18001', String(ports[0])).replaceAll('18002', String(ports[1]));
}

describe('scenarios/quickstart.yaml', () => {
  it.each([
    ['auto', /^(embedded|nginx .+)$/],
    // What auto comes to on a machine without nginx.
    ['embedded', /^embedded$/],
  ])('runs with balancer: %s', async (balancer, told) => {
    const text = quickstart.replace('balancer: auto', `balancer: ${balancer}`);
    const file = workplace.write('quickstart.yaml', await onFreePorts(text));
    const { code, stdout, stderr } = await workplace.lbbench(['run', file, '--export-json', 'out.json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('rror') });
    expect(stdout).toContain('Verdict: pass');
    const { runs } = JSON.parse(workplace.read('out.json')) as Report;
    expect(runs[0]).toMatchObject({ outcomes: { started: 1000, responses: 1000 } });
    expect(runs[0]?.balancer).toMatch(told);
    // Equal weights in turn.
    expect(runs[0]?.backends.map(({ count }) => count)).toEqual([500, 500]);
    expect(runs[0]?.requests.map(({ name }) => name)).toEqual(['chat', 'completions']);
  });
});

describe('lbbench init', () => {
  it('writes a scenario whose run passes all its thresholds', async () => {
    await workplace.lbbench(['init', 'new']);
    const file = workplace.write('scenario.yaml', await onFreePorts(workplace.read('new/scenario.yaml')));
    const { code, stdout } = await workplace.lbbench(['run', file]);
    expect(stdout).toContain('Verdict: pass');
    expect(code).toBe(0);
  });

  it('writes a scenario that passes its check, and never overwrites one', async () => {
    const first = await workplace.lbbench(['init', 'new']);
    expect(first).toEqual({
      code: 0,
      stdout: 'wrote new/scenario.yaml; try it: lbbench run new/scenario.yaml\n',
      stderr: '',
    });
    const text = workplace.read('new/scenario.yaml');
    expect(await workplace.lbbench(['check', 'new/scenario.yaml'])).toMatchObject({ code: 0, stderr: '' });
    const second = await workplace.lbbench(['init', 'new']);
    expect(second).toMatchObject({ code: 2, stdout: '' });
    expect(second.stderr).toContain('new/scenario.yaml  expected no file of this name, got one');
    expect(workplace.read('new/scenario.yaml')).toBe(text);
  });
});

describe('lbbench schema', () => {
  it('prints a JSON Schema that names the keys of a scenario', async () => {
    const { code, stdout } = await workplace.lbbench(['schema']);
    expect(code).toBe(0);
    expect(Object.keys(JSON.parse(stdout).properties).sort()).toEqual(
      expect.arrayContaining([
        ...['algorithms', 'attribution', 'engine', 'expect', 'lab', 'load', 'name', 'requests', 'seed'],
        ...['target', 'thresholds', 'threads'],
      ]),
    );
  });
});
