import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { LbbenchError } from '../../model/fault.js';
import type { PreparedTry } from '../../run/try.js';
import { sanitize } from '../../text/sanitize.js';
import type { CommandContext } from '../command-context.js';
import { ExitCode } from '../exit-codes.js';
import { interruptible } from '../interrupt.js';
import type { Io } from '../io.js';
import { type Outputs, withOutputs } from '../outputs.js';
import { note, print } from '../print.js';
import { addRunOptions, measure, planOf, type RunOptions } from './run.js';

interface TryOptions extends RunOptions {
  readonly nginxConf?: string;
  readonly upstream?: string;
  readonly yes?: boolean;
  readonly restore?: boolean;
}

/** Where most packages of nginx have it. */
const usualConf = '/etc/nginx/nginx.conf';
const longestPath = 300;

const notes = `
Edits the one line of the method in the upstream block, has nginx check it (nginx -t) and reload, waits until new workers
serve, runs, and goes on to the next; then the first configuration is put back and reloaded, also after Ctrl-C, a failure
or a kill. After a power failure --restore does it.

Examples:
  lbbench try scenario.yaml --upstream backend --algorithm least_conn --algorithm "hash $http_x_session_id consistent"
  lbbench try http://localhost/ -n 10k --repeat 3 --upstream backend --algorithm round_robin --algorithm least_conn
  lbbench try --restore --nginx-conf ${usualConf}`;

export function tryCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('try [scenario|url]')
    .description('set methods side by side on an nginx that runs here, and put it back as it was')
    .option('--nginx-conf <file>', `the file that nginx was started with (default: ${usualConf})`)
    .option('--upstream <name>', 'the upstream block whose method is tried')
    .option('--yes', 'do not ask before the first reload')
    .option('--restore', 'put back what a try that was cut off has left, and do nothing else');
  addRunOptions(command)
    .addHelpText('after', notes)
    .action(async (file: string | undefined, options: TryOptions) => {
      context.code = options.restore
        ? await restore(options, context.io)
        : await withOutputs(context.io, (outputs) => attempt(file, options, outputs));
    });
}

async function attempt(file: string | undefined, options: TryOptions, outputs: Outputs): Promise<number> {
  const { io } = outputs;
  if (file === undefined)
    throw LbbenchError.usage('<scenario|url>', 'expected a scenario or a URL, got none');
  if (options.upstream === undefined)
    throw LbbenchError.usage(
      '--upstream',
      'expected the name of the upstream block to try methods in, got none',
    );
  const plan = await planOf(file, options, io, true);
  const { prepareTry } = await import('../../run/try.js');
  const nginxConf = options.nginxConf ?? usualConf;
  const prepared = await prepareTry(plan, { nginxConf, upstream: options.upstream });
  if (options.yes !== true && !(await isWanted(prepared, options.upstream, io))) {
    note(io, 'nothing was changed\n');
    return ExitCode.interrupted;
  }
  return measure(plan, options, outputs, (control) => prepared.run(control));
}

/** Asks a person; without one there must be a flag. */
async function isWanted(prepared: PreparedTry, upstream: string, io: Io): Promise<boolean> {
  const { line, pid, reloads, algorithm } = prepared;
  const file = sanitize(prepared.file, longestPath);
  note(
    io,
    `upstream ${sanitize(upstream)} balances by ${sanitize(algorithm)} (${file}:${line}).
lbbench will change this line and reload nginx (process ${pid}) ${reloads} times, the last time as it is now.\n`,
  );
  if (io.stdin.isTTY !== true)
    throw LbbenchError.usage(
      '--yes',
      'expected --yes where nobody can be asked',
      'add it when the above is wanted',
    );
  const reader = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const { result = '' } = await interruptible(io, (signal) =>
      reader.question('Go on? [y/N] ', { signal }).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error;
      }),
    );
    return /^y(?:es)?$/i.test(result.trim());
  } finally {
    reader.close();
  }
}

async function restore({ nginxConf = usualConf }: TryOptions, io: Io): Promise<number> {
  const { restoreTry } = await import('../../run/try.js');
  const restored = await restoreTry(nginxConf);
  const lines = restored.map(({ file, done }) => {
    const then =
      done === 'reloaded' ? 'nginx serves by it' : 'nginx does not run, and will read it when it starts';
    return `${sanitize(file, longestPath)}: put back; ${then}\n`;
  });
  await print(io, lines.length === 0 ? 'nothing to put back\n' : lines.join(''));
  return ExitCode.pass;
}
