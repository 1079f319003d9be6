import { formatQuantity } from '../figures/format.js';
import type { Plan } from '../model/plan.js';
import { type Paint, paintWith } from '../report/render/paint.js';
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
export async function progressView(io: Io, quiet: boolean, color: boolean): Promise<ProgressView> {
  if (quiet) return silent;
  return io.stderr.isTTY ? liveLine(io, paintWith(color)) : completedLines(io);
}

/** What ora puts in front, and the last column, in which some terminals wrap. */
const spinnerColumns = 3;

async function liveLine(io: Io, paint: Paint): Promise<ProgressView> {
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
        spinner.text = progressText(name, progress, plan, widthOf(io.stderr) - spinnerColumns, paint);
    },
    stop() {
      spinner.stop();
    },
  };
}

/** Backends whose shares are shown while a run goes on. */
const sharesShown = 4;

/**
 * `round_robin  412/1000 · 823/s · p99 12.3 ms · 3 errors: status 502 · 127.0.0.1:8001 50 % 127.0.0.1:8002 50 % · 1 s left`, of
 * which what matters least is left out until it fits into `columns`. Errors are painted.
 */
export function progressText(
  name: string,
  progress: LoadProgress,
  plan: Plan,
  columns: number,
  { bad } = paintWith(false),
): string {
  const done = doneText(progress, plan);
  const agents = agentsText(progress);
  const [said, brief] = errorsText(progress);
  const left = leftText(progress, plan);
  const shares = sharesOf(progress);
  const named = shares.map(({ address, percent }) => `${address} ${percent}`).join(' ');
  const bare = shares.map(({ percent }) => percent).join(' / ');
  const shapes = [
    { errors: said, rest: [...agents, named, left] },
    { errors: said, rest: [...agents, bare, left] },
    { errors: said, rest: [...agents, left] },
    { errors: brief, rest: [...agents, left] },
  ];
  const lineOf = ({ errors, rest }: (typeof shapes)[number], paint = (text: string) => text) =>
    `${sanitize(name)}  ${[...done, errors === '' ? '' : paint(errors), ...rest].filter((part) => part !== '').join(' · ')}`;
  const fitting = shapes.find((shape) => displayWidth(lineOf(shape)) <= columns);
  if (fitting !== undefined) return lineOf(fitting, bad);
  return cutToWidth(lineOf({ errors: brief, rest: [...agents, left] }), columns);
}

/** `49 errors: status 502`, and the same without what they are; empty without errors. */
function errorsText({ errors, causes: [cause] = [] }: LoadProgress): [said: string, brief: string] {
  if (errors === 0) return ['', ''];
  const brief = formatQuantity(errors, 'error');
  if (cause === undefined) return [brief, brief];
  return [`${brief}${cause.count < errors ? ', most:' : ':'} ${shownCause(cause.text)}`, brief];
}

const causeCharacters = 60;

/** It may hold what a server said. */
function shownCause(text: string): string {
  const shown = sanitize(text);
  return shown.length > causeCharacters ? `${shown.slice(0, causeCharacters - 1)}…` : shown;
}

function doneText({ ended, elapsedMs, p99Ms }: LoadProgress, { load: { requests } }: Plan): string[] {
  const parts = [requests === undefined ? `${ended} requests` : `${ended}/${requests}`];
  if (elapsedMs > 0) parts.push(`${Math.round((ended / elapsedMs) * 1000)}/s`);
  if (p99Ms !== undefined) parts.push(`p99 ${p99Ms.toFixed(p99Ms < 100 ? 1 : 0)} ms`);
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
  const reach = (ended: number, errors = '') => {
    // The warm-up is counted apart, so the count may start again.
    if (ended < previous) next = every;
    previous = ended;
    for (; every > 0 && ended >= next; next += every)
      note(io, `Completed ${next} requests${errors === '' ? '' : `, ${errors}`}\n`);
  };
  return {
    start(_name, { load: { requests } }) {
      every =
        requests !== undefined && requests <= 150 ? 0 : Math.max(100, Math.floor((requests ?? 50_000) / 10));
      next = every;
      previous = 0;
    },
    update(progress) {
      reach(progress.ended, errorsText(progress)[0]);
    },
    stop(ended) {
      if (ended !== undefined) reach(ended);
    },
  };
}
