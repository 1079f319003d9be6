import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogFollower } from '../../accesslog/log-follower.js';
import type { Report } from '../../model/report.js';
import { reportOfLog } from './log-report.js';
import { type LogReportOptions, logRequestOf, refuseIfNoneMatched } from './read-log-report.js';

const pollEveryMs = 250;
const lookEveryMs = 1000;

/**
 * Reads access logs as they grow, until `signal` aborts or a stream ends.
 *
 * @param onLook gets the report of what was read so far, once a second
 * @throws LbbenchError as `readLogReport` does
 */
export async function followLogReport(
  options: LogReportOptions,
  signal: AbortSignal,
  onLook: (report: Report) => void,
): Promise<Report> {
  const { log, ...question } = await logRequestOf(options, new Date());
  const follower = await LogFollower.open(log);
  const look = () => follower.look((result) => reportOfLog(result, { ...question, readAt: new Date() }));
  try {
    for (let nextLookMs = 0; !signal.aborted && !follower.isOver; ) {
      const nowMs = performance.now();
      follower.poll(nowMs);
      if (nowMs >= nextLookMs) {
        onLook(look());
        nextLookMs = nowMs + lookEveryMs;
      }
      await sleep(pollEveryMs, undefined, { signal }).catch(() => {});
    }
    follower.poll(performance.now());
    follower.look(refuseIfNoneMatched);
    return look();
  } finally {
    follower.close();
  }
}
