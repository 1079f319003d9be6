import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigPlan, configText } from '../../../src/lab/nginx/config-text.js';
import { algorithm, labServer } from '../lab-plan.js';

const plan: ConfigPlan = {
  poolName: 'backend',
  servers: ['127.0.0.1:8001 weight=3 max_fails=3 fail_timeout=30s', '127.0.0.1:8002 backup'].map(
    (text) => labServer(text).line,
  ),
  algorithm: algorithm('least_conn'),
  workers: 2,
  zone: true,
  port: 8080,
  generation: 7,
  workerConnections: 1_024,
  user: undefined,
};

function pool(text: string): string[] {
  const block = /upstream backend \{\n(.*?)\n {4}\}/s.exec(text)?.[1] ?? '';
  return block.split('\n').map((line) => line.trim());
}

describe("the configuration of the lab's nginx", () => {
  it('has the method before the servers, where nginx sees what they may not have', () => {
    expect(pool(configText(plan))).toEqual([
      'least_conn;',
      'zone backend 66k;',
      'server 127.0.0.1:8001 weight=3 max_fails=3 fail_timeout=30s;',
      'server 127.0.0.1:8002 backup;',
    ]);
  });

  it('has no word for round robin, and no zone unless asked for', () => {
    const text = configText({ ...plan, algorithm: algorithm('round_robin'), zone: false });
    expect(pool(text)[0]).toBe('server 127.0.0.1:8001 weight=3 max_fails=3 fail_timeout=30s;');
  });

  it('keeps any hash key one word of one directive', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        const line =
          pool(configText({ ...plan, algorithm: { method: 'hash', key, consistent: false } }))[0] ?? '';
        const word = line.slice('hash '.length, -1);
        // Either nothing that ends or quotes a word outside ${…}, or all of it in quotes.
        expect(word).toMatch(/^(?:(?:\$\{\w+\}|[^\s;{}"'\\#])+|"(?:[^"\\]|\\.)*")$/su);
      }),
    );
  });
});
