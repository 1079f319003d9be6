import { describe, expect, it } from 'vitest';
import { progressText } from '../../src/cli/progress.js';
import type { Plan } from '../../src/model/plan.js';
import { paintWith } from '../../src/report/render/paint.js';
import { readScenario } from '../../src/run/scenario-file.js';

const { plan } = readScenario(`${import.meta.dirname}/../../scenarios/quickstart.yaml`);

/** 412 of 1,000 in 500 ms: 824/s, and 588 more at that pace take 714 ms. */
const state = {
  ended: 412,
  failed: 0,
  errors: 0,
  elapsedMs: 500,
  p99Ms: 12.34,
  backends: [
    { address: '127.0.0.1:18001', count: 309 },
    { address: '127.0.0.1:18002', count: 103 },
  ],
};

describe('the live line', () => {
  it('tells what is done, how fast, where it went and what is left', () => {
    expect(progressText('round_robin', state, plan, 120)).toBe(
      'round_robin  412/1000 · 824/s · p99 12.3 ms · 127.0.0.1:18001 75 % 127.0.0.1:18002 25 % · 1 s left',
    );
  });

  it.each([
    [77, 'round_robin  412/1000 · 824/s · p99 12.3 ms · 75 % / 25 % · 1 s left'],
    [56, 'round_robin  412/1000 · 824/s · p99 12.3 ms · 1 s left'],
    [20, 'round_robin  412/10…'],
  ])('leaves out what matters least until it fits into %i columns', (columns, line) => {
    expect(progressText('round_robin', state, plan, columns)).toBe(line);
  });

  it('says nothing of shares when there are more backends than it has room for', () => {
    const backends = Array.from({ length: 5 }, (_, index) => ({ address: `10.0.0.${index}:80`, count: 1 }));
    expect(progressText('run', { ...state, backends }, plan, 500)).not.toContain('10.0.0');
  });

  it('counts failures and knows no number of requests in a run bounded by time', () => {
    const timed: Plan = { ...plan, load: { ...plan.load, requests: undefined, durationMs: 2_500 } };
    const some = { ...state, failed: 3, errors: 3, p99Ms: undefined, backends: [] };
    expect(progressText('run', some, timed, 100)).toBe('run  412 requests · 824/s · 3 errors · 2 s left');
  });

  it('shows errors in red with their most frequent cause, which goes before they do', () => {
    const causes = [
      { text: 'status 502', count: 40 },
      { text: 'closed\u001b[2J', count: 9 },
    ];
    const failing = { ...state, errors: 49, causes };
    const line = progressText('run', failing, plan, 200, paintWith(true));
    expect(line).toContain(' · \u001b[31m49 errors, most: status 502\u001b[39m · 127.0.0.1:18001 75 %');
    expect(progressText('run', failing, plan, 76)).toBe(
      'run  412/1000 · 824/s · p99 12.3 ms · 49 errors, most: status 502 · 1 s left',
    );
    expect(progressText('run', failing, plan, 70)).toContain(' · 49 errors · 1 s left');
    const one = { ...failing, errors: 1, causes: causes.slice(1) };
    expect(progressText('run', one, plan, 200)).toContain('1 error: closed\ufffd[2J');
  });

  it('names the agents that are not getting on as the others are', () => {
    const bare = { ...state, p99Ms: undefined, backends: [] };
    const agents = { all: 9, silent: ['a2'], slow: ['\u001b[2Jb', 'c', 'd'] };
    expect(progressText('run', { ...bare, agents }, plan, 100)).toBe(
      'run  412/1000 · 824/s · a2 silent · 3 of 9 agents slow · 1 s left',
    );
    expect(
      progressText('run', { ...bare, agents: { ...agents, slow: ['\u001b[2Jb'] } }, plan, 100),
    ).toContain('�[2Jb slow');
  });

  it('lets no control character of a backend through', () => {
    const backends = [{ address: '\u001b[2Jgone\r\n', count: 1 }];
    expect(progressText('run', { ...state, backends }, plan, 200)).toContain('�[2Jgone�� 100 %');
  });
});
