import { performance } from 'node:perf_hooks';

/**
 * How late this machine was since the watch began, in milliseconds: all that a timer of 5 ms overslept. An upper bound
 * on a measured time allows for it, so that a busy machine cannot fail a test and a calm one is held to the bound.
 */
export interface LatenessWatch extends Disposable {
  readonly lateMs: number;
}

export function watchLateness(): LatenessWatch {
  const everyMs = 5;
  let last = performance.now();
  // Turns late by a little add up over a whole run, as one late turn does.
  let lateMs = 0;
  const look = () => {
    const now = performance.now();
    lateMs += Math.max(0, now - last - everyMs - 1);
    last = now;
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return {
    get lateMs() {
      look();
      return lateMs;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
