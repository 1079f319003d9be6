import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readWhole } from '../../files/read-whole.js';
import type { PlaceOptions } from '../../fleet/place.js';
import type { Presence } from '../../fleet/wire.js';
import { version } from '../../run/tool.js';
import type { CommandContext } from '../command-context.js';
import { ExitCode } from '../exit-codes.js';
import { collect, wholeNumber } from '../flag-values.js';
import { interruptible } from '../interrupt.js';
import { type Io, wantsColor, widthOf } from '../io.js';
import { note, print } from '../print.js';

/** The flags that say where a fleet meets. */
export interface FleetFlags {
  readonly redis?: string;
  readonly redisCa?: string;
  readonly pool?: string;
}

interface AgentFlags extends FleetFlags {
  readonly name?: string;
  readonly threads?: string;
  readonly sourceAddresses?: string;
  readonly allow?: string[];
  readonly once?: boolean;
}

export function addFleetFlags(command: Command): Command {
  return command
    .option('--redis <url>', 'Redis or Valkey at which the fleet meets (or LBBENCH_REDIS)')
    .option('--redis-ca <file>', 'PEM of who signed its certificate')
    .option('--pool <name>', 'agents that share runs (default)');
}

/** Where a fleet meets, by flags and environment. */
export function placeOptionsOf(flags: FleetFlags, io: Io): PlaceOptions {
  return {
    url: flags.redis ?? io.env.LBBENCH_REDIS,
    ca: flags.redisCa === undefined ? undefined : readWhole(resolve(io.cwd(), flags.redisCa)).toString(),
    pool: flags.pool,
    secret: io.env.LBBENCH_SECRET ?? '',
  };
}

export function agentCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('agent')
    .description('send load for runs that others start: lbbench run … --agents 3')
    .option('--name <name>', "what reports call it (the host's name)")
    .option('--threads <number>', 'threads to send from (as many as cores)')
    .option('--source-addresses <addresses>', 'local addresses to send from, separated by commas')
    .option('--allow <host:port>', 'the only target that may be sent to; repeatable', collect)
    .option('--once', 'end after one run');
  addFleetFlags(command).action(async (flags: AgentFlags) => {
    context.code = await agent(flags, context.io);
  });
}

async function agent(flags: AgentFlags, io: Io): Promise<number> {
  const { placeOf } = await import('../../fleet/place.js');
  const options = placeOptionsOf(flags, io);
  const place = placeOf(options);
  const threads = flags.threads === undefined ? undefined : wholeNumber('--threads', flags.threads, 1, 1024);
  const [{ runAgent }, { Seal }] = await Promise.all([
    import('../../fleet/agent.js'),
    import('../../fleet/seal.js'),
  ]);
  const orphaned = new AbortController();
  // Of an agent that a run has started for itself: its end of the pipe closes with the run.
  const isOwned = io.env.LBBENCH_AGENT_OF !== undefined;
  if (isOwned) io.stdin.on('end', () => orphaned.abort()).resume();
  const { wasInterrupted } = await interruptible(io, (signal) =>
    runAgent({
      place,
      seal: new Seal(options.secret),
      version,
      name: flags.name,
      threads,
      sourceAddresses: flags.sourceAddresses?.split(',').map((address) => address.trim()) ?? [],
      allow: flags.allow ?? [],
      once: flags.once === true,
      signal: AbortSignal.any([signal, orphaned.signal]),
      onEvent: (text) => {
        if (!isOwned) note(io, `${text}\n`);
      },
    }),
  );
  io.stdin.pause();
  return wasInterrupted ? ExitCode.interrupted : ExitCode.pass;
}

export function agentsCommand(program: Command, context: CommandContext): void {
  const command = program.command('agents').description('agents that wait for runs, or send for one');
  addFleetFlags(command).action(async (flags: FleetFlags) => {
    context.code = await agents(flags, context.io);
  });
}

async function agents(flags: FleetFlags, io: Io): Promise<number> {
  const { placeOf } = await import('../../fleet/place.js');
  const options = placeOptionsOf(flags, io);
  const place = placeOf(options);
  const [{ Store }, { Seal }, { agentsThere }] = await Promise.all([
    import('../../fleet/store.js'),
    import('../../fleet/seal.js'),
    import('../../fleet/agents.js'),
  ]);
  const store = await Store.connect(place);
  try {
    const there = await agentsThere(store, new Seal(options.secret));
    if (there.length === 0) {
      await print(io, `no agent of pool ${place.pool} is there; lbbench agent starts one\n`);
      return ExitCode.pass;
    }
    await print(io, `${(await presenceLines(there, io)).join('\n')}\n`);
    return ExitCode.pass;
  } finally {
    store.close();
  }
}

async function presenceLines(there: readonly Presence[], io: Io): Promise<string[]> {
  const [{ formatMs }, { columnsOver, name }, { paintWith }, { tableLines }] = await Promise.all([
    import('../../figures/format.js'),
    import('../../report/blocks/block.js'),
    import('../../report/render/paint.js'),
    import('../../report/render/terminal-table.js'),
  ]);
  const { text, figure } = columnsOver(there);
  const columns = [
    text('agent', ({ id }) => name(id)),
    text('state', ({ state, refusal }) => name(refusal === undefined ? state : `${state}: ${refusal}`)),
    text('lbbench', ({ version }) => name(version)),
    text('node', ({ node }) => name(node), { givesWay: 2 }),
    figure('cores', ({ cores }) => String(cores)),
    figure(
      'clock ±ms',
      ({ clockBoundUs }) => formatMs(clockBoundUs === undefined ? undefined : clockBoundUs / 1000),
      {
        givesWay: 1,
      },
    ),
    text('addresses', ({ addresses }) => name(addresses.join(' ')), { givesWay: 3 }),
  ];
  return tableLines({ kind: 'table', columns }, widthOf(io.stdout), paintWith(wantsColor(io, true)));
}
