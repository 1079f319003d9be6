import type { Plan } from '../model/plan.js';
import { cutToWidth, displayWidth } from '../report/render/width.js';
import type { LoadProgress } from '../run/run-control.js';
import { sanitize } from '../text/sanitize.js';
import { type Io, widthOf } from './io.js';
import { note } from './print.js';

/** Shows how a run is getting on, on stderr. */
export interface ProgressView {
  start(name: string, plan: Plan): void;
  update(progress: LoadProgress): void;
  /** `ended`: requests of the run that is over; `undefined` when it did not come to its end. */
  stop(ended?: number): void;
}

const silent: ProgressView = { start() {}, update() {}, stop() {} };

/** A live line on a terminal, ab-like lines elsewhere, nothing with `--quiet`. */
export async function progressView(io: Io, quiet: boolean): Promise<ProgressView> {
  if (quiet) return silent;
  return io.stderr.isTTY ? liveLine(io) : completedLines(io);
}

/** What ora puts in front, and the last column, in which some terminals wrap. */
const spinnerColumns = 3;

async function liveLine(io: Io): Promise<ProgressView> {
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: io.stderr, discardStdin: false });
  let name = '';
  let plan: Plan | undefined;
  return {
    start(runName, runPlan) {
      name = runName;
      plan = runPlan;
      spinner.start(sanitize(name) + (runPlan.load.warmup === undefined ? '' : '  warming up'));
    },
    update(progress) {
      if (plan !== undefined)
        spinner.text = progressText(name, progress, plan, widthOf(io.stderr) - spinnerColumns);
    },
    stop() {
      spinner.stop();
    },
  };
}

/** Backends whose shares are shown while a run goes on. */
const sharesShown = 4;

/**
 * `round_robin  412/1000 · 823/s · p99 12.3 ms · 127.0.0.1:8001 50 % 127.0.0.1:8002 50 % · 1 s left`, of which what
 * matters least is left out until it fits into `columns`.
 */
export function progressText(name: string, progress: LoadProgress, plan: Plan, columns: number): string {
  const done = [...doneText(progress, plan), ...agentsText(progress)];
  const left = leftText(progress, plan);
  const shares = sharesOf(progress);
  const named = shares.map(({ address, percent }) => `${address} ${percent}`).join(' ');
  const bare = shares.map(({ percent }) => percent).join(' / ');
  const lines = [
    [...done, named, left],
    [...done, bare, left],
    [...done, left],
  ].map((parts) => `${sanitize(name)}  ${parts.filter((part) => part !== '').join(' · ')}`);
  const fitting = lines.find((line) => displayWidth(line) <= columns);
  return fitting ?? cutToWidth(lines.at(-1) ?? '', columns);
}

function doneText({ ended, failed, elapsedMs, p99Ms }: LoadProgress, { load: { requests } }: Plan): string[] {
  const parts = [requests === undefined ? `${ended} requests` : `${ended}/${requests}`];
  if (elapsedMs > 0) parts.push(`${Math.round((ended / elapsedMs) * 1000)}/s`);
  if (p99Ms !== undefined) parts.push(`p99 ${p99Ms.toFixed(p99Ms < 100 ? 1 : 0)} ms`);
  if (failed > 0) parts.push(`${failed} failed`);
  return parts;
}

/** Agents whose names are shown; of more only how many there are. */
const agentsNamed = 2;

function agentsText({ agents }: LoadProgress): string[] {
  const said = (names: readonly string[], what: string) =>
    names.length === 0
      ? []
      : [
          names.length > agentsNamed
            ? `${names.length} of ${agents?.all} agents ${what}`
            : `${names.map((name) => sanitize(name)).join(', ')} ${what}`,
        ];
  return agents === undefined ? [] : [...said(agents.silent, 'silent'), ...said(agents.slow, 'slow')];
}

/** Addresses come from responses, so they are as hostile as these. */
function sharesOf({ backends }: LoadProgress): { address: string; percent: string }[] {
  const attributed = backends.reduce((sum, { count }) => sum + count, 0);
  if (attributed === 0 || backends.length > sharesShown) return [];
  return backends.map(({ address, count }) => ({
    address: sanitize(address),
    percent: `${Math.round((count / attributed) * 100)} %`,
  }));
}

function leftText({ ended, elapsedMs }: LoadProgress, { load: { requests, durationMs } }: Plan): string {
  const leftMs = Math.min(
    durationMs === undefined ? Number.POSITIVE_INFINITY : durationMs - elapsedMs,
    requests === undefined || ended === 0
      ? Number.POSITIVE_INFINITY
      : (elapsedMs / ended) * (requests - ended),
  );
  return Number.isFinite(leftMs) ? `${Math.max(0, Math.ceil(leftMs / 1000))} s left` : '';
}

/** ab's lines: one for each tenth of the run, or for each hundred requests where a tenth is less. */
function completedLines(io: Io): ProgressView {
  let every = 0;
  let next = 0;
  let previous = 0;
  const reach = (ended: number) => {
    // The warm-up is counted apart, so the count may start again.
    if (ended < previous) next = every;
    previous = ended;
    for (; every > 0 && ended >= next; next += every) note(io, `Completed ${next} requests\n`);
  };
  return {
    start(_name, { load: { requests } }) {
      every =
        requests !== undefined && requests <= 150 ? 0 : Math.max(100, Math.floor((requests ?? 50_000) / 10));
      next = every;
      previous = 0;
    },
    update({ ended }) {
      reach(ended);
    },
    stop(ended) {
      if (ended !== undefined) reach(ended);
    },
  };
}
