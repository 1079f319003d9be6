import type { Warning } from '../model/warning.js';
import type { Tally } from '../tally/tally.js';
import type { Standstills } from './load-job.js';

/** Above this part of the time busy, a thread had no headroom left. */
const saturatedRatio = 0.95;
/** Runs shorter than this are over before a thread can be called saturated. */
const shortestRunMs = 200;
/** This part of late starts is worth a word. */
const lateRatio = 0.01;

/** This part of the time between two requests on a connection, lost by looking late, sets the pace. */
const lostRatio = 0.25;

/**
 * Says when lbbench itself, and not the target, set the pace; design section 4, promise 8.
 *
 * @param dated a tally of which the kernel dated the responses, so that what was lost behind them is known
 */
export function generatorWarnings(
  health: readonly { readonly busyRatio: number; readonly starts: number; readonly lateStarts: number }[],
  model: 'closed' | 'open',
  durationMs: number,
  dated?: Tally | undefined,
): Warning[] {
  const warnings: Warning[] = [];
  if (dated !== undefined && durationMs >= shortestRunMs) warnings.push(...lagWarnings(dated, model));
  const busiest = Math.max(...health.map(({ busyRatio }) => busyRatio));
  // Just before a due start the open model polls, which looks busy but is not; there, lateness tells.
  if (dated === undefined && model === 'closed' && busiest > saturatedRatio && durationMs >= shortestRunMs) {
    warnings.push({
      code: 'generator-saturated',
      text: `lbbench itself was busy ${(busiest * 100).toFixed(0)} % of the time: the target may be faster than shown; more --threads may help`,
    });
  }
  const starts = health.reduce((sum, part) => sum + part.starts, 0);
  const late = health.reduce((sum, part) => sum + part.lateStarts, 0);
  if (starts > 0 && late / starts > lateRatio) {
    warnings.push({
      code: 'schedule-late',
      text: `${late} of ${starts} starts were more than 2 ms late because lbbench could not keep up: response times include that; use more --threads or a lower rate`,
    });
  }
  return warnings;
}

/** In the closed model the next request waits for what lies between the arrival of an answer and the look at it. */
function lagWarnings(tally: Tally, model: 'closed' | 'open'): Warning[] {
  if (model === 'open') return [];
  const service = tally.overall('service');
  const { lag } = tally.clocks;
  const [lagUs, serviceUs] = [lag.meanUs() ?? 0, service.meanUs() ?? 0];
  const [half, most] = [50, 99].map((rank) => ((lag.percentileUs(rank) ?? 0) / 1000).toFixed(2));
  service.release();
  if (lagUs < lostRatio * (lagUs + serviceUs)) return [];
  return [
    {
      code: 'generator-saturated',
      text: `lbbench looked at half of the answers more than ${half} ms late, at 1 in 100 more than ${most} ms: the times shown are without that, but the target may be faster than the rate shown; more --threads may help`,
    },
  ];
}

/** Says that the process was stopped for a while: by a signal, a sleeping machine, a hypervisor, or by itself. */
export function standstillWarnings({ count, longestUs, requests }: Readonly<Standstills>): Warning[] {
  if (count === 0) return [];
  const seconds = (longestUs / 1e6).toFixed(1);
  const often = count === 1 ? `once, for ${seconds} s` : `${count} times, for up to ${seconds} s`;
  const touched = `times of the requests in flight meanwhile (${requests}) include that`;
  return [{ code: 'generator-stopped', text: `lbbench itself stood still ${often}: ${touched}` }];
}
