import { performance } from 'node:perf_hooks';

/**
 * How late this machine is, in milliseconds, at its worst since the watch began: what a timer of 5 ms overslept. An upper bound
 * on a measured time allows for it, so that a busy machine cannot fail a test and a calm one is held to the bound.
 */
export interface LatenessWatch extends Disposable {
  readonly lateMs: number;
}

export function watchLateness(): LatenessWatch {
  const everyMs = 5;
  let last = performance.now();
  let worst = 0;
  // All turns late by a little add up over a whole run, as one late turn does.
  let total = 0;
  const look = () => {
    const now = performance.now();
    const late = Math.max(0, now - last - everyMs - 1);
    total += late;
    worst = Math.max(worst, late);
    last = now;
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return {
    get lateMs() {
      look();
      return Math.max(worst, total);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
