import { describe, expect, it } from 'vitest';
import { LbbenchError, runScenario, type Scenario } from '../../src/index.js';
import { readScenario } from '../../src/run/scenario-file.js';
import { planOf } from '../scenario/load-text.js';

const scenario: Scenario = {
  name: 's',
  target: 'http://h:8080',
  load: { rate: '200/s', duration: '1m30s', warmup: 100 },
  requests: [
    { path: '/chat', json: { message: 'Hi {1..5}', deep: [null, 1.5, { a: true }] }, weight: 3 },
    { path: '/c', text: 'a\nb: "c" # d', headers: { 'X-A': '- not: a list' } },
  ],
  expect: { '127.0.0.1:8001': 2, '127.0.0.1:8002': 1 },
  thresholds: ['skew < 5%', { rule: 'errors < 1%', abortOnFail: true }],
};

describe('a scenario as an object', () => {
  it('is the plan that the same file is', () => {
    const file = `
name: s
target: http://h:8080
load: { rate: 200/s, duration: 1m30s, warmup: 100 }
requests:
  - { path: /chat, json: { message: "Hi {1..5}", deep: [null, 1.5, { a: true }] }, weight: 3 }
  - { path: /c, text: "a\\nb: \\"c\\" # d", headers: { X-A: "- not: a list" } }
expect: { 127.0.0.1:8001: 2, 127.0.0.1:8002: 1 }
thresholds: [skew < 5%, { rule: errors < 1%, abortOnFail: true }]`;
    expect(readScenario(scenario).plan).toEqual(planOf(file));
  });

  it('runs as it is, and what it warns of is told', async () => {
    const warnings: string[] = [];
    const report = await runScenario(
      { target: 'http://127.0.0.1:9', engine: 'scripted', load: { requests: 10 } },
      { onWarning: ({ text }) => warnings.push(text) },
    );
    expect(report.runs[0]?.outcomes.started).toBe(10);
    expect(report.scenario).toMatchObject({ name: '127.0.0.1:9' });
  });

  it('tells all its faults at once, by their keys', async () => {
    const wrong = { target: 'nowhere', load: { request: 5 }, thresholds: ['skew <'] } as unknown as Scenario;
    const error: unknown = await runScenario(wrong).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(LbbenchError);
    const { faults } = error as LbbenchError;
    expect(faults.map(({ path }) => path).toSorted()).toEqual(['load.request', 'target', 'thresholds[0]']);
    expect(faults.every(({ line }) => line === undefined)).toBe(true);
  });

  it('is refused where no file could say it', async () => {
    const round: Record<string, unknown> = { target: 'http://h' };
    round.requests = [round];
    await expect(runScenario(round as unknown as Scenario)).rejects.toThrow(LbbenchError);
    await expect(runScenario({ target: 'http://h', seed: 1n } as unknown as Scenario)).rejects.toThrow(
      LbbenchError,
    );
    for (const nothing of [[], null, undefined, 5, {}])
      await expect(runScenario(nothing as unknown as Scenario)).rejects.toThrow(LbbenchError);
  });
});
