import { resolve } from 'node:path';
import { readWhole } from '../../files/read-whole.js';
import { abGnuplot } from '../../report/ab/gnuplot.js';
import { abCsv } from '../../report/ab/percentages.js';
import { abDone, abProgress, abStart } from '../../report/ab/progress.js';
import { abBanner, abReport } from '../../report/ab/report.js';
import { exportFormats } from '../../report/export-formats.js';
import { checksText } from '../../report/terminal.js';
import { version } from '../../run/tool.js';
import type { AbOptions } from '../../scenario/ab/options.js';
import { parseAbArguments } from '../../scenario/ab/parse-arguments.js';
import { abPlan } from '../../scenario/ab/plan.js';
import { sanitize } from '../../text/sanitize.js';
import { codeOfReport, ExitCode } from '../exit-codes.js';
import { interruptible } from '../interrupt.js';
import { type Io, wantsColor, widthOf } from '../io.js';
import { type Outputs, withOutputs } from '../outputs.js';
import { note, print } from '../print.js';
import { ReportFile } from '../report-file.js';

/** `lbbench ab`: ab's flags in, ab's report out, and the spread over the backends behind it. */
export async function abCommand(argv: readonly string[], io: Io): Promise<number> {
  const invocation = parseAbArguments(argv, exportFormats);
  switch (invocation.kind) {
    case 'refused':
      note(io, invocation.text);
      return ExitCode.usage;
    case 'help':
      await print(io, invocation.text);
      return ExitCode.pass;
    case 'version':
      await print(io, abBanner(version, invocation.html));
      return ExitCode.pass;
    case 'run':
      return withOutputs(io, (outputs) => run(invocation.options, outputs));
  }
}

async function run(options: AbOptions, outputs: Outputs): Promise<number> {
  const { io } = outputs;
  const planned = abPlan(options, (file) => readWhole(resolve(io.cwd(), file)), version);
  if (planned.kind === 'refused') {
    note(io, planned.text);
    return ExitCode.usage;
  }
  const { runAb, withExpectation } = await import('../../run/run-ab.js');
  const { notes } = planned;
  const plan = await withExpectation(planned.plan, options);
  const { display, quiet } = options;
  outputs.openExports(options.exports);
  const samples = outputs.open('--samples', options.samplesFile, 'stream');
  const csv = outputs.open('-e', options.csvFile);
  const gnuplot = outputs.open('-g', options.gnuplotFile);
  const reportFile =
    options.reportsDir === undefined
      ? undefined
      : new ReportFile(options.reportsDir, io.cwd(), plan.name, new Date());
  // What a file on stdout carries must be all that stdout carries.
  const out = outputs.takeStdout ? () => Promise.resolve() : (text: string) => print(io, text);

  if (!quiet) for (const text of notes) note(io, `lbbench ab: ${text}\n`);
  const target = { hostname: options.url.host, proxy: options.proxy };
  await out(abBanner(version, display.html !== undefined) + abStart(target, display));
  const progress = completedLines(display.progressEvery, io);
  const { result, wasInterrupted } = await interruptible(io, (signal) =>
    runAb(plan, display, options.url, gnuplot !== undefined, {
      signal,
      onProgress: ({ ended }) => progress(ended),
      onSample: samples && ((sample) => void samples.write(`${JSON.stringify(sample)}\n`)),
    }),
  );
  if (result === undefined) {
    note(io, 'lbbench ab: interrupted before anything was measured\n');
    return ExitCode.interrupted;
  }
  const { figures, report } = result;
  const ended = report.runs[0]?.outcomes.started ?? 0;
  progress(ended);
  const done = abDone(ended, display);
  note(io, done.stderr);
  await out(done.stdout + abReport(figures, display));
  const [run] = report.runs;
  if (run !== undefined && !quiet) {
    for (const { code, text } of run.warnings)
      if (told.has(code)) note(io, `lbbench ab: ${sanitize(text, 1000)}\n`);
  }
  if (options.rules.length > 0) {
    const color = display.html === undefined && wantsColor(io, options.color);
    const text = `\n${checksText(report, { color, width: widthOf(io.stdout) })}`;
    if (display.html === undefined) await out(text);
    else note(io, text);
  }
  if (figures.times !== undefined) await csv?.write(abCsv(figures.times, display.compat));
  if (figures.samples !== undefined) await gnuplot?.write(abGnuplot(figures.samples, display.compat));
  await samples?.write('');
  await outputs.writeExports(report);
  reportFile?.write(report);
  return wasInterrupted ? ExitCode.interrupted : codeOfReport(report);
}

/** Warnings that a user of ab must hear of; the rest is in the report. */
const told: ReadonlySet<string> = new Set([
  'errors',
  'wrong-scheme',
  'gave-up',
  'generator-saturated',
  'interrupted',
  'duplicate-header',
  'reconciliation',
]);

/** ab's progress lines: one each time another `every` requests have ended. */
function completedLines(every: number | undefined, io: Io): (ended: number) => void {
  let next = every ?? Number.POSITIVE_INFINITY;
  return (ended) => {
    for (; ended >= next; next += every ?? 1) note(io, abProgress(next));
  };
}
