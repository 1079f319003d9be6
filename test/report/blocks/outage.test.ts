import { describe, expect, it } from 'vitest';
import type { Outage, OutagePeriod } from '../../../src/model/failover.js';
import { outageParagraphs } from '../../../src/report/blocks/outage.js';
import { terminalText } from '../../../src/report/render/terminal.js';
import { displayWidth } from '../../../src/report/render/width.js';
import { run } from '../fixture.js';

function period(fromMs: number, toMs: number, counts: readonly [number, number], retries = 0): OutagePeriod {
  const [first, second] = counts;
  const total = first + second;
  const backend = (address: string, count: number, passedOn: number) => ({
    address,
    count,
    share: count / total,
    errors: 0,
    retries: passedOn,
  });
  return {
    fromMs,
    toMs,
    requests: total,
    failures: 0,
    errors: 0,
    retries,
    backends: [backend('127.0.0.1:8001', first, 0), backend('127.0.0.1:8002', second, retries)],
  };
}

const stopped: Outage = {
  backend: '127.0.0.1:8002',
  action: 'stop',
  fromMs: 1000,
  untilMs: 3000,
  maxFails: 1,
  failTimeoutSec: 1,
  before: period(0, 1000, [400, 400]),
  during: period(1000, 3000, [1500, 0], 6),
  after: period(4100, 6000, [800, 800]),
  failedAttempts: 6,
  takenOut: { afterMs: 3.2, failures: 5, probes: 1 },
  backMs: 1100,
  keys: { compared: 200, owned: 90, moved: 91, needless: 1 },
};

function block(outage: Outage, width = 90): string {
  const paragraphs = outageParagraphs(run({ failover: { events: [], outages: [outage] } }));
  return terminalText(paragraphs, { color: false, width });
}

const notes = (outage: Outage) => block(outage).replaceAll(/\s+/g, ' ');

describe('outageParagraphs', () => {
  it('shows shares, what reached the client, when the backend was out and back, and the keys', () => {
    expect(block(stopped)).toMatchInlineSnapshot(`
      "  Drill: stop 127.0.0.1:8002 from 1.00 s to 3.00 s (max_fails=1 fail_timeout=1s)
        Share           before   during   after  passed on  errors
        127.0.0.1:8001  50.0 %  100.0 %  50.0 %          0       0
        127.0.0.1:8002  50.0 %    0.0 %  50.0 %          6       0
        Client saw      0 errors       of 1,500 requests: 0 without a response, 0 of status 400
                                       and above; 6 attempts passed on to another backend
        Rate            750/s          800/s before, 842/s after
        Taken out       after 3.20 ms  got no more requests after 5 failed attempts; 1 probe
                                       later
        Back            after 1.10 s   from its start to the first request it answered;
                                       fail_timeout allows up to 2.00 s
        Keys moved      45.5 %         of 200 keys seen before and during; ideal 45.0 %, those
                                       of the backend; 1 needlessly
      "
    `);
  });

  it('is nothing without a drill', () => {
    expect(outageParagraphs(run())).toEqual([]);
  });

  it.each([
    ['stop', { failedAttempts: 3 }, 'too few requests to tell'],
    ['stop', { failedAttempts: 0 }, 'no attempt at it failed'],
    ['stop', { maxFails: 0 }, 'max_fails=0 keeps it in'],
    ['hang', {}, 'silence is no failure before proxy_read_timeout (60 s)'],
    ['slow', {}, 'a slow answer is no failure before proxy_read_timeout (60 s)'],
    ['error', {}, 'its errors are answers'],
  ] as const)('says why %s %j did not take it out', (action, changes, why) => {
    expect(notes({ ...stopped, action, takenOut: undefined, ...changes })).toContain(`Taken out no ${why}`);
  });

  it('says that a backend did not come back, and nothing of it when it was not started', () => {
    expect(notes({ ...stopped, backMs: undefined })).toContain(
      'Back n/a no request reached it after its start',
    );
    const left = notes({ ...stopped, untilMs: undefined, after: undefined, backMs: undefined });
    expect(left).toContain('from 1.00 s to the end');
    expect(left).not.toContain('Back');
    expect(left).not.toContain('/s after');
  });

  it('says at once of a backend that only lost what it was working on', () => {
    expect(notes({ ...stopped, takenOut: { afterMs: 0, failures: 5, probes: 0 } })).toContain(
      'Taken out at once got no more requests after 5 failed attempts; 0 probes later',
    );
  });

  it('is never wider than the window', () => {
    for (const width of [40, 60, 80]) {
      expect(Math.max(...block(stopped, width).split('\n').map(displayWidth))).toBeLessThanOrEqual(width);
    }
  });
});
