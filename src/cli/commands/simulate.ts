import type { Command } from 'commander';
import { type Fault, LbbenchError } from '../../model/fault.js';
import { inferencePresets } from '../../model/plan.js';
import type { SimulationOptions } from '../../run/simulate/simulate.js';
import { shown } from '../../text/shown.js';
import type { CommandContext } from '../command-context.js';
import { ExitCode } from '../exit-codes.js';
import { collect, factor, wholeNumber } from '../flag-values.js';
import { layoutOf } from '../io.js';
import { type Outputs, withOutputs } from '../outputs.js';
import { note, print } from '../print.js';

interface SimulateOptions {
  readonly upstream: string;
  readonly upstreamName?: string;
  readonly uris?: string;
  readonly addresses?: string;
  readonly requests?: string;
  readonly log?: string;
  readonly trace?: string;
  readonly speed: string;
  readonly preset: string;
  readonly slots: string;
  readonly cache: string;
  readonly format?: string;
  readonly conf?: string;
  readonly algorithm?: string[];
  readonly picks?: string;
  readonly seed: string;
  readonly exportJson?: string;
  readonly quiet?: boolean;
  readonly color: boolean;
}

const notes = `
The requests come from one of these:
  --requests N                   N times GET / from 127.0.0.1
  --uris FILE, --addresses FILE  request targets and client addresses, paired line by line; the
                                 shorter file starts over, and so do both with --requests
  --log FILE                     an access log: requests overlap as they did, each takes as long as it took,
                                 wherever it goes; this tells what is in flight at each backend
  --trace FILE                   requests to a language model (Azure's CSV, Mooncake's JSONL): each server is an
                                 inference server with --slots, a --cache and the times of a --preset; this
                                 tells tokens, what is held of them, and what caches save
Those of lists follow each other: each ends before the next one starts.

Every attempt succeeds. A pick is what nginx prints as $upstream_addr: the backend's address, the upstream's
name when no server is left, "-" for a target that nginx answers with 400. random and random two draw from
glibc's random(), as nginx on Linux does, with --seed as its seed; a worker of nginx seeds it
with (pid << 16) ^ seconds ^ milliseconds of its start.

Examples:
  lbbench simulate --upstream nginx.conf --uris uris.txt --algorithm ip_hash --algorithm 'hash $request_uri consistent'
  lbbench simulate --upstream pool.conf --requests 20 --picks -`;

export function simulateCommand(program: Command, context: CommandContext): void {
  program
    .command('simulate')
    .description('what an algorithm would have done with these requests; no traffic is sent')
    .requiredOption('--upstream <file>', 'nginx upstream block, or a whole configuration with one')
    .option('--upstream-name <name>', 'which upstream block, where the file has several')
    .option('--uris <file>', 'request targets, one a line, bytes as they are')
    .option('--addresses <file>', 'client addresses, one a line')
    .option('--requests <number>', 'number of requests')
    .option('--log <file>', 'access log with arrivals and service times; - is stdin')
    .option('--trace <file>', 'trace of requests to a language model')
    .option('--speed <factor>', 'requests of a trace come so many times as fast', '1')
    .option('--preset <name>', `servers of a trace: ${inferencePresets.join(', ')}`, '8b-h100')
    .option('--slots <number>', 'answers that a server of a trace works on at once', '16')
    .option('--cache <tokens>', 'tokens that the prefix cache of a server of a trace holds', '65536')
    .option('--format <log_format>', "the log's format, as in nginx's log_format; recognised without it")
    .option('--conf <file>', "nginx configuration that has the log's format")
    .option('--algorithm <name>', "balance by this instead of the block's own method; repeatable", collect)
    .option(
      '--picks <file>',
      "write each request's backend, one a line; of several algorithms one column each",
    )
    .option('--seed <number>', "seed of glibc's random() behind the random methods", '1')
    .option('--export-json <file>', 'write the result as JSON; - is stdout')
    .option('--quiet', 'no table on the terminal')
    .option('--no-color', 'no colour')
    .addHelpText('after', notes)
    .action(async (options: SimulateOptions) => {
      context.code = await withOutputs(context.io, (outputs) => run(options, outputs));
    });
}

async function run(options: SimulateOptions, outputs: Outputs): Promise<number> {
  const { io } = outputs;
  const source = sourceOf(options);
  const seed = wholeNumber('--seed', options.seed, 0);
  const picks = outputs.open('--picks', options.picks, 'stream');
  const exported = outputs.open('--export-json', options.exportJson);
  const { simulate } = await import('../../run/simulate/simulate.js');
  const report = await simulate({
    upstreamFile: options.upstream,
    upstreamName: options.upstreamName,
    algorithms: options.algorithm ?? [],
    requests: source,
    seed,
    onPicks: picks && ((text) => picks.write(text)),
  });
  if (exported !== undefined) {
    const { jsonText } = await import('../../report/json.js');
    await exported.write(jsonText(report));
  }
  if (options.quiet !== true && !outputs.takeStdout) {
    const { simulationText } = await import('../../report/terminal.js');
    await print(io, simulationText(report, layoutOf(io, options.color)));
  } else {
    for (const { text } of report.warnings) note(io, `warning: ${text}\n`);
  }
  return ExitCode.pass;
}

function sourceOf(options: SimulateOptions): SimulationOptions['requests'] {
  const { uris, addresses, log, format, conf, trace } = options;
  const requests =
    options.requests === undefined ? undefined : wholeNumber('--requests', options.requests, 1);
  if (trace !== undefined) {
    if ([uris, addresses, log].some((given) => given !== undefined)) {
      const message = 'expected requests from one place, got --trace beside --uris, --addresses or --log';
      throw fault({ path: '--trace', message, hint: 'leave one of them out' });
    }
    return {
      trace,
      requests,
      speed: factor('--speed', options.speed, 0.001, 1_000_000),
      servers: serversOf(options),
    };
  }
  const hasLists = [uris, addresses, requests].some((given) => given !== undefined);
  if (log === undefined && (format ?? conf) !== undefined) {
    const path = format === undefined ? '--conf' : '--format';
    throw fault({
      path,
      message: 'expected a log that it is the format of, got none',
      hint: 'add --log FILE',
    });
  }
  if (log !== undefined && hasLists) {
    const message = 'expected requests from one place, got --log beside --uris, --addresses or --requests';
    throw fault({ path: '--log', message, hint: 'leave one of them out' });
  }
  if (log !== undefined) {
    if (format !== undefined) return { file: log, format: { text: format } };
    return { file: log, format: conf === undefined ? undefined : { conf } };
  }
  if (hasLists) return { uris, addresses, requests };
  throw fault({
    message: 'expected requests to simulate, got none',
    hint: 'give --requests N, --uris FILE, --addresses FILE, --log FILE or --trace FILE',
  });
}

function serversOf({ preset, slots, cache }: SimulateOptions) {
  const known = inferencePresets.find((name) => name === preset);
  if (known === undefined) {
    const message = `expected one of ${inferencePresets.join(', ')}, got ${shown(preset)}`;
    throw fault({ path: '--preset', message });
  }
  return {
    preset: known,
    slots: wholeNumber('--slots', slots, 1, 100_000),
    cacheTokens: wholeNumber('--cache', cache, 0, 1_000_000_000),
  };
}

function fault(one: Fault): LbbenchError {
  return new LbbenchError('usage', [one]);
}
