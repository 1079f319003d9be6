import type { Plan } from '../model/plan.js';
import type { LoadProgress } from '../run/run-control.js';
import type { Io } from './io.js';

/** Shows how a run is getting on, on stderr. */
export interface ProgressView {
  start(name: string, plan: Plan): void;
  update(progress: LoadProgress): void;
  stop(): void;
}

const silent: ProgressView = { start() {}, update() {}, stop() {} };

/** A live line on a terminal, ab-like lines elsewhere, nothing with `--quiet`. */
export async function progressView(io: Io, quiet: boolean): Promise<ProgressView> {
  if (quiet) return silent;
  return io.stderr.isTTY ? liveLine(io) : completedLines(io);
}

async function liveLine(io: Io): Promise<ProgressView> {
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: io.stderr, discardStdin: false });
  let name = '';
  let plan: Plan | undefined;
  return {
    start(runName, runPlan) {
      name = runName;
      plan = runPlan;
      spinner.start(runPlan.load.warmup === undefined ? name : `${name}  warming up`);
    },
    update(progress) {
      if (plan !== undefined) spinner.text = `${name}  ${progressText(progress, plan)}`;
    },
    stop() {
      spinner.stop();
    },
  };
}

/** `412/1000 · 823/s · p99 12.3 ms · 127.0.0.1:8001 50 % 127.0.0.1:8002 50 % · 1 s left` */
export function progressText(progress: LoadProgress, plan: Plan): string {
  const { ended, failed, elapsedMs, p99Ms, backends } = progress;
  const { requests, durationMs } = plan.load;
  const parts = [requests === undefined ? `${ended} requests` : `${ended}/${requests}`];
  if (elapsedMs > 0) parts.push(`${Math.round((ended / elapsedMs) * 1000)}/s`);
  if (p99Ms !== undefined) parts.push(`p99 ${p99Ms.toFixed(p99Ms < 100 ? 1 : 0)} ms`);
  if (failed > 0) parts.push(`${failed} failed`);
  const attributed = backends.reduce((sum, { count }) => sum + count, 0);
  if (attributed > 0 && backends.length <= 4) {
    parts.push(
      backends
        .map(({ address, count }) => `${address} ${Math.round((count / attributed) * 100)} %`)
        .join(' '),
    );
  }
  const leftMs = Math.min(
    durationMs === undefined ? Number.POSITIVE_INFINITY : durationMs - elapsedMs,
    requests === undefined || ended === 0
      ? Number.POSITIVE_INFINITY
      : (elapsedMs / ended) * (requests - ended),
  );
  if (Number.isFinite(leftMs)) parts.push(`${Math.max(0, Math.ceil(leftMs / 1000))} s left`);
  return parts.join(' · ');
}

/** ab's lines: one for each tenth of the run, or for each hundred requests where a tenth is less. */
function completedLines(io: Io): ProgressView {
  let every = 0;
  let next = 0;
  let previous = 0;
  return {
    start(_name, { load: { requests } }) {
      every =
        requests !== undefined && requests <= 150 ? 0 : Math.max(100, Math.floor((requests ?? 50_000) / 10));
      next = every;
      previous = 0;
    },
    update({ ended }) {
      // The warm-up is counted apart, so the count may start again.
      if (ended < previous) next = every;
      previous = ended;
      for (; every > 0 && ended >= next; next += every) io.stderr.write(`Completed ${next} requests\n`);
    },
    stop() {},
  };
}
