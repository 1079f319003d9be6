import { describe, expect, it } from 'vitest';
import { describePlan } from '../../src/scenario/describe-plan.js';
import { faultText } from '../../src/scenario/fault-text.js';
import { type LoadedScenario, loadScenario } from '../../src/scenario/load-scenario.js';

function load(text: string, env: Readonly<Record<string, string>> = {}): LoadedScenario {
  const files = { readFile: () => Buffer.from(''), listFolder: () => [] };
  return loadScenario(text, 's.yaml', { overrides: {}, baseDir: '/s', env, ...files });
}

function planOf(text: string, env: Readonly<Record<string, string>> = {}) {
  const loaded = load(text, env);
  if (!loaded.ok) throw new Error(loaded.faults.map(faultText).join('\n'));
  return loaded.plan;
}

function faultsOf(text: string, env: Readonly<Record<string, string>> = {}): readonly string[] {
  const loaded = load(text, env);
  return loaded.ok ? [] : loaded.faults.map(faultText);
}

describe('${NAME} in a scenario', () => {
  it('stands anywhere: in values, keys, flow maps, quotes and parts of texts', () => {
    const plan = planOf(
      [
        'target: http://${HOST}:${PORT:-8080}/v1',
        'load: { requests: ${COUNT}, rate: ${RATE:-200/s}, keepAlive: ${ALIVE} }',
        'headers: { Authorization: "Bearer ${TOKEN}", X-${TEAM}: ${COUNT} }',
        'requests:',
        "  - { path: '/${TEAM}', json: { ${TEAM}: 'a ${TEAM} b', n: ${COUNT} } }",
      ].join('\n'),
      { HOST: 'balancer', COUNT: '250', TOKEN: 'a: "b" # {c}', TEAM: 'search', ALIVE: 'false' },
    );
    expect(plan.target).toMatchObject({ host: 'balancer', port: 8080 });
    expect(plan.load).toMatchObject({ requests: 250, ratePerSec: 200, keepAlive: false });
    expect(plan.requests[0]?.headers).toEqual([
      // Sent as {c}: nothing is drawn in what the environment brings.
      ['Authorization', 'Bearer a: "b" # {{c}}'],
      // A text where a text is wanted, though it looks like a number.
      ['X-search', '250'],
      ['Content-Type', 'application/json'],
    ]);
    expect(plan.requests[0]).toMatchObject({
      path: '/v1/search',
      body: { text: '{"search":"a search b","n":250}' },
    });
  });

  it('has a default for what is missing or empty, and $${ writes it as a text', () => {
    const name = (text: string, env = {}) => planOf(`target: http://h\nname: ${text}`, env).name;
    expect(name('${A:-x y}')).toBe('x y');
    expect(name('${A:-x}', { A: '' })).toBe('x');
    expect(name('a${A}b', { A: '' })).toBe('ab');
    expect(name('$${A} $${b.c}', { A: 'x' })).toBe('${A} ${b.c}');
    expect(name('${A}', { A: '$${B} ${C}' })).toBe('$${B} ${C}');
  });

  it('is a fault with its place when it is missing or no name', () => {
    expect(
      faultsOf('target: http://h\nheaders:\n  X-Token: "${TOKEN}"\n  X-Key: ${1x}\n# ${nothing here'),
    ).toEqual([
      's.yaml:3:12  expected the environment variable TOKEN, got none\n    hint: set it, or give a default: ${TOKEN:-VALUE}; the text ${TOKEN} is written $${TOKEN}',
      's.yaml:4:10  expected ${NAME} or ${NAME:-default}, got "${1x}"\n    hint: write $${ for the text ${',
    ]);
  });

  it('keeps the places of faults behind it', () => {
    expect(faultsOf('target: http://h\nload: { requests: ${A}, concurrency: 0 }', { A: '1' })).toEqual([
      's.yaml:2:38  load.concurrency: expected an integer of at least 1, got 0',
    ]);
    const broken = faultsOf('target: http://h\nload: { requests: ${A:-[} ').join();
    expect(broken).toMatch(/^s\.yaml:2:\d+ {2}expected valid YAML, got /);
    expect(broken).not.toMatch(/[\ue000-\ue006]|\\ue00/);
  });

  it('can bring neither keys nor structure with it', () => {
    const plan = planOf('target: http://h\nname: ${A}', { A: '{ b: [1] }' });
    expect(plan).toMatchObject({ name: '{ b: [1] }' });
    expect(planOf('target: http://h\nheaders: { A: ${A} }', { A: 'x, seed: 7' })).toMatchObject({
      seed: 1,
      requests: [{ headers: [['A', 'x, seed: 7']] }],
    });
  });
});

describe('what came from the environment', () => {
  const secret = 's3cr3t-of-the-house';

  it('is in no fault, be it cut or escaped', () => {
    const long = `tok"en/${'x'.repeat(300)}`;
    const text = [
      'target: ${A}',
      'load: { requests: ${A}, timeout: ${B} }',
      'requests: [{ path: "${A}" }]',
      'headers: { "${A} ${B}": x }',
      'thresholds: ["${B} < 1", "${C} < 1"]',
    ].join('\n');
    const faults = faultsOf(text, { A: secret, B: long, C: 'xyz' }).join('\n');
    expect(faults.match(/s\.yaml/g)?.length).toBeGreaterThanOrEqual(6);
    expect(faults).not.toMatch(/s3cr3t|xxxx|tok.?"en|"xyz"/i);
    expect(faults).toContain('load.requests: expected an integer of at least 1, got "[A]"');
    expect(faults).toContain('got "[C]"');
  });

  it('is known to the plan and not part of its description', () => {
    const plan = planOf('target: http://h\nname: ${A}\nseed: ${B:-3}', { A: secret });
    expect(plan.secrets).toEqual([{ name: 'A', value: secret }]);
    expect(describePlan(plan)).not.toHaveProperty('secrets');
    expect(planOf('target: http://h').secrets).toBeUndefined();
  });
});
