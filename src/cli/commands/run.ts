import { resolve } from 'node:path';
import type { Command } from 'commander';
import { LbbenchError } from '../../model/fault.js';
import type { Plan } from '../../model/plan.js';
import type { Report } from '../../model/report.js';
import type { Warning } from '../../model/warning.js';
import { github } from '../../report/github.js';
import { markdown } from '../../report/markdown.js';
import type { RunControl } from '../../run/run-control.js';
import type { LlmFlags, Overrides } from '../../run/scenario-file.js';
import { hiding } from '../../text/secrets.js';
import type { CommandContext } from '../command-context.js';
import { codeOfReport, ExitCode } from '../exit-codes.js';
import { collect, factor } from '../flag-values.js';
import { type FleetRunFlags, openFleet } from '../fleet.js';
import { publish } from '../github-actions.js';
import { interruptible } from '../interrupt.js';
import { type Io, isGithubActions, layoutOf, wantsColor } from '../io.js';
import { LivePage } from '../live-page.js';
import { addOutputOptions, exportPaths, type OutputOptions } from '../output-options.js';
import { type Outputs, withOutputs } from '../outputs.js';
import { note, print } from '../print.js';
import { progressView } from '../progress.js';
import { ReportFile } from '../report-file.js';
import { addFleetFlags } from './agent.js';

export interface RunOptions extends OutputOptions, FleetRunFlags {
  readonly requests?: string;
  readonly concurrency?: string;
  readonly time?: string;
  readonly rate?: string;
  readonly algorithm?: string[];
  readonly target?: string;
  readonly engine?: string;
  readonly wire?: string;
  readonly threads?: string;
  readonly threshold?: string[];
  readonly baseline?: string;
  readonly seed?: string;
  readonly repeat?: string;
  readonly warmup?: string;
  readonly insecure?: boolean;
  readonly expect?: string[];
  readonly header?: string[];
  readonly samples?: string;
  readonly live?: string;
  readonly fromLog?: string;
  readonly logFormat?: string;
  readonly speed?: string;
}

export function runCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('run <scenario|url>')
    .description('run a scenario, or load on a URL; print the result, write reports/, exit by verdict');
  addRunOptions(command).action(async (file: string, options: RunOptions) => {
    context.code = await withOutputs(context.io, (outputs) => run(file, options, outputs));
  });
}

/** The flags that change a scenario, and those of its outputs. */
export function addRunOptions(command: Command): Command {
  command
    .option('-n, --requests <number>', 'requests to send (1000, 10k)')
    .option('-c, --concurrency <number>', 'requests kept in flight')
    .option('-t, --time <seconds>', 'time to send for (30, 1m30s)')
    .option('--rate <rate>', 'open model: start this many a second (200/s)')
    .option('--algorithm <name>', 'balance by this; repeatable', collect)
    .option('--target <url>', 'balancer that already runs')
    .option(
      '--expect <weights>',
      'what is expected of the backends (127.0.0.1:8001=3,127.0.0.1:8002=1); repeatable',
      collect,
    )
    .option('--header <line>', 'header of all requests ("Name: value"); repeatable', collect)
    .option('--warmup <amount>', 'requests (100) or time (5s) before measuring begins')
    .option('--repeat <number>', 'rounds of all algorithms')
    .option('--insecure', "do not check the target's certificate")
    .option('--engine <name>', 'native, autocannon or scripted')
    .option('--wire <name>', 'what native sends over: auto, uring, epoll or node')
    .option('--threads <number>', 'threads to send from')
    .option('--threshold <rule>', 'rule that decides the exit code ("skew < 5%"); repeatable', collect)
    .option('--baseline <file>', 'saved report that baseline in a rule refers to')
    .option('--seed <number>', 'seed of everything random')
    .option('--from-log <file>', 'send what an access log says, when it says so; - is stdin')
    .option('--log-format <log_format>', "the log's format, as in nginx's log_format; recognised without it")
    .option('--speed <factor>', 'replay so many times as fast as it was (2, 0.5)')
    .option('--live <file>', 'an HTML page that shows how the run is getting on, and the report at the end')
    .option('--samples <file>', 'write every request as a line of JSON')
    .option('--agents <number>', 'have so many agents send the load together; local:3 starts three here')
    .option('--agents-wait <seconds>', 'how long to wait for them (60)')
    .option('--serve', 'start a private redis-server for local agents');
  addFleetFlags(command);
  return addOutputOptions(command);
}

async function run(file: string, options: RunOptions, outputs: Outputs): Promise<number> {
  const { io } = outputs;
  const plan = await planOf(file, options, io);
  const { runScenario } = await import('../../run/run-scenario.js');
  return measure(plan, options, outputs, (control) => runScenario(plan, control));
}

/** Reads a scenario, or makes one of a URL, with what the flags say; warnings go to stderr. */
export async function planOf(
  file: string,
  options: RunOptions,
  io: Io,
  isTargetSet = false,
  llm?: LlmFlags | undefined,
): Promise<Plan> {
  refuseAlone(options);
  const { readScenario } = await import('../../run/scenario-file.js');
  const read = readScenario(file, { ...overridesOf(options, io.cwd()), llm }, isTargetSet);
  const { plan, warnings } =
    options.fromLog === undefined ? read : await replayed(read, options.fromLog, options);
  for (const { text } of warnings) note(io, `warning: ${text}\n`);
  return plan;
}

/** What says how a log is read and replayed, without a log. */
function refuseAlone({ fromLog, logFormat, speed, rate }: RunOptions): void {
  const alone = speed === undefined ? logFormat && '--log-format' : '--speed';
  if (fromLog === undefined && alone !== undefined)
    throw LbbenchError.usage(alone, 'expected a log beside it, got none', 'add --from-log access.log');
  if (speed !== undefined && rate !== undefined)
    throw LbbenchError.usage(
      '--speed',
      'expected one of --speed and --rate, got both',
      '--speed keeps the times of the log, --rate leaves them out',
    );
}

async function replayed(
  { plan, warnings }: { readonly plan: Plan; readonly warnings: readonly Warning[] },
  file: string,
  { logFormat, speed, rate, requests }: RunOptions,
) {
  const { replayLog } = await import('../../run/replay-log.js');
  const replay = await replayLog(plan, {
    file,
    format: logFormat,
    speed: speed === undefined ? undefined : factor('--speed', speed, 0.001, 1000),
    requests: requests === undefined ? undefined : plan.load.requests,
    isUntimed: rate !== undefined,
  });
  return { plan: replay.plan, warnings: [...warnings, ...replay.warnings] };
}

/** Runs a plan, shows and saves what was measured, and tells the exit code. */
export async function measure(
  plan: Plan,
  options: RunOptions,
  outputs: Outputs,
  work: (control: RunControl) => Promise<Report>,
): Promise<number> {
  const { io } = outputs;
  outputs.openExports(exportPaths(options));
  const samples = outputs.open('--samples', options.samples, 'stream');
  const name = hiding(plan.secrets ?? [])(plan.name);
  const live = await LivePage.open(outputs, options.live, name);
  const reportFile = new ReportFile(options.reports, io.cwd(), name, new Date());
  const quiet = options.quiet === true;

  let unsaved: unknown;
  /** What was measured is shown whether or not it could be saved. */
  const save = (report: Report) => {
    try {
      reportFile.write(report);
      unsaved = undefined;
    } catch (error) {
      unsaved = error;
    }
  };

  const progress = await progressView(io, quiet, wantsColor(io, options.color, io.stderr));
  const measured = async (signal: AbortSignal): Promise<Report> => {
    const fleet = await openFleet(options, plan, { wantsSamples: samples !== undefined, quiet }, io);
    try {
      return await work({
        signal,
        engine: fleet?.engine,
        onRunStart: (name, runPlan) => {
          progress.start(name, runPlan);
          live?.start(name, runPlan);
        },
        onProgress: (state) => {
          progress.update(state);
          void live?.progress(state);
        },
        onRunEnd: (run, soFar) => {
          progress.stop(run.outcomes.started);
          void live?.report(soFar);
          save(soFar);
        },
        onSample: samples && ((sample) => void samples.write(`${JSON.stringify(sample)}\n`)),
      });
    } finally {
      progress.stop();
      await fleet?.close();
    }
  };
  const { result: report, wasInterrupted } = await interruptible(io, measured);
  if (report === undefined || report.runs.length === 0) {
    note(io, 'interrupted before anything was measured\n');
    return ExitCode.interrupted;
  }
  save(report);
  if (!quiet && !outputs.takeStdout) {
    const { terminalReport } = await import('../../report/terminal.js');
    await print(io, terminalReport(report, layoutOf(io, options.color)));
  }
  if (!quiet && unsaved === undefined) note(io, `report: ${reportFile.path}\n`);
  if (isGithubActions(io)) publish(io, github(report), markdown(report));
  // Also of a run without requests: samples of an earlier one must not look like this one's.
  await samples?.write('');
  await live?.end(report);
  await outputs.writeExports(report);
  if (unsaved !== undefined) throw unsaved;
  return wasInterrupted ? ExitCode.interrupted : codeOfReport(report);
}

export function overridesOf(options: RunOptions, cwd: string): Overrides {
  return {
    requests: options.requests,
    concurrency: options.concurrency,
    durationSec: options.time,
    ratePerSec: options.rate,
    algorithms: options.algorithm,
    target: options.target,
    engine: options.engine,
    wire: options.wire,
    threads: options.threads,
    thresholds: options.threshold,
    baseline: options.baseline === undefined ? undefined : resolve(cwd, options.baseline),
    fromLog: options.fromLog !== undefined,
    seed: options.seed,
    expect: options.expect?.join(','),
    headers: options.header,
    warmup: options.warmup,
    repeat: options.repeat,
    insecure: options.insecure,
  };
}
