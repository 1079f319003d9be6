// Loaded into lbbench: keeps each thread that sends from its work for 50 ms, again and again.
import { isMainThread } from 'node:worker_threads';

if (!isMainThread) {
  const block = () => {
    const untilMs = performance.now() + 50;
    while (performance.now() < untilMs);
  };
  setInterval(block, 500).unref();
}
