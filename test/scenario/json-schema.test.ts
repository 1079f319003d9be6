import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { scenarioJsonSchema } from '../../src/scenario/schema/scenario.js';
import { scenarioTemplate } from '../../src/scenario/template.js';
import { labExample, targetExample } from './design-example.js';
import { violations } from './schema-validator.js';

const schema = scenarioJsonSchema();

describe('the JSON Schema of scenarios', () => {
  it('accepts full scenarios and those that come with lbbench', () => {
    const quickstart = readFileSync(new URL('../../scenarios/quickstart.yaml', import.meta.url), 'utf8');
    for (const text of [labExample, targetExample, scenarioTemplate, quickstart]) {
      expect(violations(schema, parse(text))).toEqual([]);
    }
  });

  it.each([
    ['{ nmae: x }', '$: has nmae'],
    ['{ load: { requests: 0 } }', '$.load.requests: fits none of 2'],
    ['{ load: { requests: ten } }', '$.load.requests: fits none of 2'],
    ['{ load: { warmup: true } }', '$.load.warmup: fits none of 2'],
    ['{ load: { timeout: 30 } }', '$.load.timeout: not of type string'],
    ['{ requests: [] }', '$.requests: too short'],
    ['{ requests: [{ name: a }] }', '$.requests[0]: fits none of 2'],
    ['{ lab: { servers: [{ latency: 1s }] } }', '$.lab.servers[0]: fits none of 2'],
    ['{ engine: wrk }', '$.engine: not in the enum'],
  ])('refuses %s', (text, violation) => {
    expect(violations(schema, parse(text))).toContain(violation);
  });

  it('is draft 7, needs nothing at the top, and describes every key', () => {
    expect(schema).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' });
    expect(schema).not.toHaveProperty('required');
    const silent: string[] = [];
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties, ...rest } = node as { properties?: Record<string, { description?: string }> };
      for (const [name, property] of Object.entries(properties ?? {})) {
        if (property.description === undefined) silent.push(`${path}.${name}`);
        walk(property, `${path}.${name}`);
      }
      for (const inner of Object.values(rest)) walk(inner, path);
    };
    walk(schema, '$');
    // What is left says everything by its name.
    expect(
      silent.map((path) => path.replace(/^.*\./, '')).filter((name) => !/^(user|password)$/.test(name)),
    ).toEqual([]);
  });
});
