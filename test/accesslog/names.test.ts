import { describe, expect, it } from 'vitest';
import type { LogAnswer } from '../../src/accesslog/log-answer.js';
import type { LogQuestion } from '../../src/accesslog/question.js';
import { readLog } from '../../src/accesslog/read-log.js';
import { logFile } from './log-lines.js';

const [a, b] = ['10.0.0.1:80', '10.0.0.2:80'];

async function read(text: string, lines: readonly string[], more: Partial<LogQuestion> = {}) {
  const path = logFile(lines.map((line) => `${line}\n`).join(''));
  const answer = await readLog({ paths: [path], format: { text }, ...more });
  expect(answer.unmatched.count).toBe(0);
  return answer;
}

const counts = ({ tally }: LogAnswer) =>
  Object.fromEntries(
    tally.cells.slice(1).map(({ address, count, counters }) => [address, [count, counters.retries]]),
  );
const noneLeft = ({ tally }: LogAnswer) => tally.counters.noBackendLeft;

describe('a name in place of an address', () => {
  const full = '$status|$upstream_addr|$upstream_status|$upstream_response_time';

  it.each(['srv1', '10.1.0.2', 'static/srv1', 'ollama-a', 'web.internal', '[::1]'])(
    'is a backend where attempts at it had a status: %s',
    async (name) => {
      const answer = await read(full, [
        `200|${name}|200|0.000`,
        // What a pool without backends looks like, of a backend that refused.
        `502|${name}|502|0.000`,
        `200|${name}, ${a}|502, 200|0.000, 0.010`,
      ]);
      expect(counts(answer)).toEqual({ [name]: [2, 1], [a]: [1, 0] });
      expect(noneLeft(answer)).toBe(0);
    },
  );

  it('is a backend where attempts at it took time', async () => {
    const answer = await read('$upstream_addr|$upstream_response_time', [
      'srv1|0.055',
      'srv2|0.060',
      'srv1|0.000',
    ]);
    expect(counts(answer)).toEqual({ srv1: [2, 0], srv2: [1, 0] });
  });

  it('is a pool where no attempt had a status of its own, or time', async () => {
    const answer = await read(full, [
      `200|${a}|200|0.010`,
      `502|${a}, ${b}, pool|504, 504, 502|1.000, 1.000, 0.000`,
      '502|pool|502|0.000',
      // An error page in its place changes nothing.
      '200|pool|502|0.000',
      `200|pool : ${b}|502 : 200|0.000 : 0.010`,
    ]);
    expect(counts(answer)).toEqual({ [a]: [1, 1], [b]: [1, 1] });
    expect(noneLeft(answer)).toBe(3);
    expect(answer.tally.cells[0]?.count).toBe(3);
    expect(answer.tally.statusCounts()).toEqual({ '200': 3, '502': 2 });
    // Nobody took the time that nginx needed to notice.
    expect(answer.tally.overall('service').count).toBe(2);
  });

  it('is judged by the status of requests where nothing else tells, and there are no addresses', async () => {
    const text = '$status $upstream_addr';
    expect(counts(await read(text, ['200 srv1', '200 srv2', '502 srv1']))).toEqual({
      srv1: [2, 0],
      srv2: [1, 0],
    });
    const beside = await read(text, [`200 ${a}`, '200 pool', '502 pool']);
    expect([counts(beside), noneLeft(beside)]).toEqual([{ [a]: [1, 0] }, 2]);
    const never = await read(text, ['502 pool', '502 pool']);
    expect([counts(never), noneLeft(never)]).toEqual([{}, 2]);
  });

  it('is what is known of it beforehand', async () => {
    const lines = ['502|srv1|502|0.000', '200|pool|200|0.010'];
    const answer = await read(full, lines, { knownAddresses: ['srv1'], poolNames: ['pool'] });
    expect([counts(answer), noneLeft(answer)]).toEqual([{ srv1: [1, 0] }, 1]);
  });

  it('is the same whatever the parts, groups and threads, and in a last line without line feed', async () => {
    const lines = Array.from({ length: 400 }, (_, i) =>
      i % 3 === 0 ? '502|pool|502|0.000' : i < 300 ? '502|srv1|502|0.000' : '200|srv1|200|0.001',
    );
    const path = logFile(lines.join('\n'));
    for (const how of [{}, { threads: 3, partBytes: 500 }, { by: 'status' } as const]) {
      const answer = await readLog({ paths: [path], format: { text: full }, ...how });
      expect([counts(answer), noneLeft(answer)]).toEqual([{ srv1: [266, 0] }, 134]);
      for (const { tally } of answer.groups)
        expect(tally.cells.map(({ address }) => address)).not.toContain('pool');
    }
  });
});
