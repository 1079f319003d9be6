import type { Warning } from '../model/warning.js';
import type { Standstills } from './load-job.js';

/** Above this part of the time busy, a thread had no headroom left. */
const saturatedRatio = 0.95;
/** Runs shorter than this are over before a thread can be called saturated. */
const shortestRunMs = 200;
/** This part of late starts is worth a word. */
const lateRatio = 0.01;

/** Says when lbbench itself, and not the target, set the pace; design section 4, promise 8. */
export function generatorWarnings(
  health: readonly { readonly busyRatio: number; readonly starts: number; readonly lateStarts: number }[],
  model: 'closed' | 'open',
  durationMs: number,
): Warning[] {
  const warnings: Warning[] = [];
  const busiest = Math.max(...health.map(({ busyRatio }) => busyRatio));
  // Just before a due start the open model polls, which looks busy but is not; there, lateness tells.
  if (model === 'closed' && busiest > saturatedRatio && durationMs >= shortestRunMs) {
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

/** Says that the process was stopped for a while: by a signal, a sleeping machine, a hypervisor, or by itself. */
export function standstillWarnings({ count, longestUs, requests }: Readonly<Standstills>): Warning[] {
  if (count === 0) return [];
  const seconds = (longestUs / 1e6).toFixed(1);
  const often = count === 1 ? `once, for ${seconds} s` : `${count} times, for up to ${seconds} s`;
  const touched = `times of the requests in flight meanwhile (${requests}) include that`;
  return [{ code: 'generator-stopped', text: `lbbench itself stood still ${often}: ${touched}` }];
}
