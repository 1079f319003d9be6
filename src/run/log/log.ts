import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogFollower } from '../../accesslog/follow-log.js';
import type { LogAnswer } from '../../accesslog/log-answer.js';
import { readLog } from '../../accesslog/read-log.js';
import { decisionOf } from '../../balancing/method/methods.js';
import { unlessAborted } from '../../engine/unless-aborted.js';
import { LbbenchError } from '../../model/fault.js';
import type { Report } from '../../model/report.js';
import { seenIn } from '../expected-pool.js';
import { loggedPlacements } from './placements.js';
import { type LogReportOptions, questionOf } from './question.js';
import { reportOfLog } from './report.js';

export type { LogReportOptions } from './question.js';

/**
 * Reads access logs into a report.
 *
 * @throws LbbenchError for what cannot be read or answered, and when no line of the logs matches the format; the reason of
 * its signal when it is aborted before all is read
 */
export function readLogReport(options: LogReportOptions): Promise<Report> {
  return unlessAborted(read(options), options.signal);
}

async function read(options: LogReportOptions): Promise<Report> {
  const readAt = new Date();
  const { question, judgement } = await questionOf(options, readAt);
  const answer = await readLog(question);
  refuseIfNoneMatched(answer);
  const { chosen } = judgement.pools;
  const placements =
    chosen !== undefined && decisionOf(chosen.upstream.algorithm).by === 'key'
      ? await loggedPlacements(question, chosen.upstream, seenIn(answer.tally))
      : undefined;
  return reportOfLog(answer, judgement, readAt, placements);
}

const pollEveryMs = 250;
const lookEveryMs = 1000;

/**
 * Reads access logs as they grow, until `signal` aborts or a stream ends.
 *
 * @param onLook gets the report of what was read so far, once a second
 * @throws LbbenchError as `readLogReport` does; the signal's reason when it is aborted before there is a line
 */
export async function followLogReport(
  options: LogReportOptions,
  signal: AbortSignal,
  onLook: (report: Report) => void,
): Promise<Report> {
  const opening = questionOf(options, new Date()).then(async ({ question, judgement }) => ({
    judgement,
    follower: await LogFollower.open(question),
  }));
  // The first lines of a pipe are waited for.
  const { judgement, follower } = await unlessAborted(opening, signal);
  const look = () => follower.look((answer) => reportOfLog(answer, judgement, new Date()));
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

/**
 * A log of which no line is a request is no log of that format.
 *
 * @throws LbbenchError
 */
function refuseIfNoneMatched({ records, unmatched, files, format }: LogAnswer): void {
  if (records > 0 || unmatched.count === 0) return;
  const place = (file: string) => (file === '-' ? 'standard input' : file);
  throw new LbbenchError('usage', [
    ...unmatched.first.map(({ file, line, reason, text }) => ({
      file: place(file),
      line,
      message: `${reason}: ${text}`,
    })),
    {
      file: files.map(place).join(', '),
      message: `expected lines of the format ${JSON.stringify(format.text)}, got ${unmatched.count} lines and none that matches`,
      hint: "give the log's own format with --format '…' or --conf nginx.conf",
    },
  ]);
}
