import type { Command } from 'commander';
import { formatCount, formatDuration, formatShare } from '../../figures/format.js';
import type { HeldLab } from '../../run/hold-lab.js';
import { hidingFaults } from '../../run/run-control.js';
import { hiding } from '../../text/secrets.js';
import type { CommandContext } from '../command-context.js';
import { ExitCode } from '../exit-codes.js';
import { interruptible } from '../interrupt.js';
import { note, print } from '../print.js';

interface LabOptions {
  readonly algorithm?: string;
  readonly port?: string;
}

export function labCommand(program: Command, context: CommandContext): void {
  program
    .command('lab <scenario>')
    .description('start its backends and balancer and leave them up, for curl or any other tool')
    .option('--algorithm <name>', 'balance by this; the first of the scenario without it')
    .option('--port <number>', "port of the balancer; the scenario's, or a free one, without it")
    .action(async (file: string, options: LabOptions) => {
      context.code = await hold(file, options, context);
    });
}

/** Ending it with Ctrl-C is how it is meant to end, so that is a 0. */
async function hold(file: string, { algorithm, port }: LabOptions, { io }: CommandContext): Promise<number> {
  const { readScenario } = await import('../../run/scenario-file.js');
  const { holdLab } = await import('../../run/hold-lab.js');
  const algorithms = algorithm === undefined ? undefined : [algorithm];
  const { plan, warnings } = readScenario(file, { algorithms, port });
  const warn = ({ text }: { readonly text: string }) => note(io, `warning: ${text}\n`);
  warnings.forEach(warn);
  const hide = hiding(plan.secrets ?? []);
  const { result: ended, wasInterrupted } = await interruptible(io, async (signal) => {
    const lab = await holdLab(plan, file, warn, signal);
    try {
      if (lab.eventCount > 0) {
        warn({ text: `lab.events happen in a run only: lbbench run ${file}` });
      }
      // Not waited for: whoever does not read it may still end it.
      void print(io, hide(startText(lab)));
      await aborted(AbortSignal.any([signal, lab.broken]));
      // Backends that ran already get requests of others too; what ours sent them stands in the access log.
      const demo = lab.servers.filter(({ latencyMs }) => latencyMs !== undefined);
      const counts = demo.length > 0 ? hide(countText(demo, await lab.backendCounts())) : '';
      return { counts, reason: lab.broken.reason };
    } finally {
      await lab.close();
    }
  });
  if (ended === undefined) return ExitCode.interrupted;
  await print(io, ended.counts);
  if (!wasInterrupted) await hidingFaults(hide, () => Promise.reject(ended.reason));
  return ExitCode.pass;
}

function startText(lab: HeldLab): string {
  const others =
    lab.otherAlgorithms.length === 0
      ? ''
      : `; --algorithm takes another, such as "${lab.otherAlgorithms[0]}"`;
  const servers = lab.servers.map(({ line, latencyMs }) =>
    latencyMs === undefined || latencyMs === 0 ? line : `${line}  answers in ${formatDuration(latencyMs)}`,
  );
  return [
    `balancer    ${lab.url}  (${lab.balancer})`,
    `balances by ${lab.algorithm}${others}`,
    ...servers.map((text, index) => `${index === 0 ? 'backends    ' : '            '}${text}`),
    `access log  ${lab.accessLog}`,
    `try         curl -i ${lab.url}`,
    `            ab -n 1000 -c 10 ${lab.url}`,
    'Ctrl-C ends it all.',
    '',
  ].join('\n');
}

/** @param counts `undefined` for a backend that has ended: nobody knows what it got, so nothing is known of shares */
function countText(
  servers: HeldLab['servers'],
  counts: Readonly<Record<string, number | undefined>>,
): string {
  const total = servers.reduce((sum, { address }) => sum + (counts[address] ?? Number.NaN), 0);
  const width = Math.max(...servers.map(({ address }) => address.length));
  const texts = servers.map(({ address }) => formatCount(counts[address]));
  const countWidth = Math.max(8, ...texts.map((text) => text.length));
  const lines = servers.map(({ address }, index) => {
    const share = total > 0 ? `  ${formatShare((counts[address] ?? 0) / total).padStart(7)}` : '';
    return `${address.padEnd(width)}  ${texts[index]?.padStart(countWidth)}${share}`;
  });
  return [`\n${'backend'.padEnd(width)}  ${'requests'.padStart(countWidth)}`, ...lines, ''].join('\n');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
