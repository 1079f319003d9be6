import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { describePlan } from '../../src/scenario/describe-plan.js';
import type { LoadedScenario } from '../../src/scenario/load-scenario.js';
import { exampleFiles, labExample, targetExample } from './design-example.js';
import { load } from './load-text.js';

type Path = readonly (string | number)[];

/** Paths of every value in a scenario, the root left out. */
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...at, Array.isArray(value) ? Number(key) : key];
    return [path, ...pathsOf(inner, path)];
  });
}

/** A copy with the value at the path replaced, or removed when it is `undefined`. */
function changed(value: unknown, path: Path, replacement: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return replacement;
  const inner = changed(Reflect.get(value as object, step), rest, replacement);
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => (index === step ? (inner === undefined ? [] : [inner]) : [item]));
  }
  return Object.fromEntries(
    Object.entries(value as object).flatMap(([key, item]) =>
      key === step ? (inner === undefined ? [] : [[key, inner]]) : [[key, item]],
    ),
  );
}

const seen = { plans: 0, faults: 0 };

/** Either a whole plan, or faults of which each says where it is and follows the grammar of faults. */
function check(text: string, loaded: LoadedScenario): void {
  seen[loaded.ok ? 'plans' : 'faults'] += 1;
  if (loaded.ok) {
    const { plan } = loaded;
    expect((plan.target === undefined) !== (plan.lab === undefined)).toBe(true);
    expect(plan.load.requests ?? plan.load.durationMs).toBeGreaterThan(0);
    expect(plan.load.concurrency).toBeGreaterThan(0);
    expect(plan.requests.length).toBeGreaterThan(0);
    expect(() => JSON.stringify(describePlan(plan))).not.toThrow();
    expect(() => structuredClone(plan)).not.toThrow();
    return;
  }
  expect(loaded.faults.length).toBeGreaterThan(0);
  const lines = text.split('\n');
  for (const { line = 0, column = 0, message, hint } of loaded.faults.slice(0, 200)) {
    expect(message).toMatch(/^expected .+, got .+$/);
    expect(`${message}${hint ?? ''}`).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(message).not.toMatch(/\.$|undefined|\[object/);
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    // One past the end is where something is missing.
    expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
  }
}

const examples = [labExample, targetExample].map((text) => parse(text) as unknown);
const cases = examples.flatMap((example) => pathsOf(example).map((path) => ({ example, path })));

/** Values that are wrong in most places, and right in some. */
const oddities: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    [],
    {},
    [[]],
    [null],
    '',
    ' ',
    0,
    -1,
    1.5,
    1e300,
    '5',
    '5s',
    '-5s',
    '10/s',
    'NaN',
    '\u0000',
    '\u202e\u001b[31m',
    'http://u:p@h:1/x',
    'http://',
    '127.0.0.1:8001',
    '127.0.0.1:8002 backup',
    'unix:/a',
    '{9..1}',
    '{1..99999999999999999999}',
    '127.{0..255}.{0..255}.{0..255}',
    'least_conn',
    'hash $x',
    'skew < 5%',
    'p99{request=nobody} < 5ms',
    'missing.txt',
    '/(a/',
    '/(a+)+/',
    '/a\r\nb',
    { rule: 'skew < 5%', abortOnFail: 'no' },
    { server: '127.0.0.1:1', latency: 5 },
    { nginxConf: 'missing.conf', upstream: 5 },
    { path: '/', json: 1, text: 'x' },
    { header: 'a b', body: { pointer: 'x', pattern: '(' } },
  ),
  fc.string({ maxLength: 30, unit: 'binary' }),
  fc.jsonValue({ maxDepth: 2 }),
);

describe('a scenario that was changed in one place', () => {
  it('gives a plan or faults with their places, for any value anywhere', () => {
    fc.assert(
      fc.property(fc.constantFrom(...cases), oddities, ({ example, path }, value) => {
        const text = stringify(changed(example, path, value));
        check(text, load(text, exampleFiles));
      }),
      { numRuns: 700, seed: 1 },
    );
  });

  it('has a fault at every unknown key', () => {
    const maps = cases
      .map(({ example, path }) => ({ example, path: path.slice(0, -1) }))
      .filter(({ example, path }) => {
        const map = path.reduce<unknown>((value, step) => Reflect.get(value as object, step), example);
        // A body and the weights by address may have any key.
        return !Array.isArray(map) && !path.includes('json') && !path.includes('expect');
      });
    fc.assert(
      fc.property(fc.constantFrom(...maps), fc.stringMatching(/^zz[a-z]{1,8}$/), ({ example, path }, key) => {
        const map = path.reduce<unknown>((value, step) => Reflect.get(value as object, step), example);
        const text = stringify(changed(example, path, { ...(map as object), [key]: 1 }));
        const loaded = load(text, exampleFiles);
        check(text, loaded);
        expect(loaded.ok ? [] : loaded.faults.map(({ message }) => message)).toEqual([
          `expected a known key, got "${key}"`,
        ]);
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  it('gives a plan or faults without any of its values', () => {
    for (const { example, path } of cases) {
      const text = stringify(changed(example, path, undefined));
      check(text, load(text, exampleFiles));
    }
  });

  it('gives a plan or faults with any bytes in the text', () => {
    const noise = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' });
    const signs = fc.constantFrom(
      '\n',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '"',
      "'",
      '#',
      '|\n',
      '!!x ',
      '? ',
      '---\n',
      '\t',
      '%',
      '<<: ',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(labExample, targetExample),
        fc.nat(labExample.length),
        fc.nat(20),
        fc.oneof(noise, signs),
        (example, at, length, insert) => {
          const text = example.slice(0, at) + insert + example.slice(at + length);
          check(text, load(text, exampleFiles));
        },
      ),
      { numRuns: 500, seed: 3 },
    );
  });

  it('gives a plan or faults for text that is nothing at all', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: 'binary' }), (text) => check(text, load(text))),
      { numRuns: 200, seed: 4 },
    );
  });

  it('was so often enough, and came out both ways', () => {
    // 700 values, 100 keys, 500 cuts and 200 texts, and one removal for each value of the examples.
    expect(seen.plans + seen.faults).toBe(1500 + cases.length);
    expect(seen.plans).toBeGreaterThan(100);
    expect(seen.faults).toBeGreaterThan(500);
  });
});
