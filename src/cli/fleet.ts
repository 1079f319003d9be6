import { fileURLToPath } from 'node:url';
import { LbbenchError } from '../model/fault.js';
import type { Plan } from '../model/plan.js';
import type { RunControl } from '../run/run-control.js';
import { version } from '../run/tool.js';
import { shown } from '../text/shown.js';
import { type FleetFlags, placeOptionsOf } from './commands/agent.js';
import type { Io } from './io.js';
import { note } from './print.js';

/** The flags of `run` that have a load sent from several machines. */
export interface FleetRunFlags extends FleetFlags {
  readonly agents?: string;
  readonly agentsWait?: string;
  readonly serve?: boolean;
}

/** A fleet that is there to send a run's load. */
export interface OpenFleet {
  readonly engine: NonNullable<RunControl['engine']>;
  close(): Promise<void>;
}

const mostAgents = 10_000;

/**
 * Makes ready what sends the load instead of this process; `undefined` when no flag asks for it.
 *
 * @throws LbbenchError when the flags do not fit together or the plan, and when there is no Redis that will do
 */
export async function openFleet(
  flags: FleetRunFlags,
  plan: Plan,
  { wantsSamples, quiet }: { readonly wantsSamples: boolean; readonly quiet: boolean },
  io: Io,
): Promise<OpenFleet | undefined> {
  if (flags.agents === undefined) {
    if (flags.serve !== true) return undefined;
    throw LbbenchError.usage(
      '--serve',
      'expected --agents local:N with it, got none',
      'say how many agents to start',
    );
  }
  const { count, isLocal } = agentsOf(flags.agents);
  expectSendable(plan, count, wantsSamples);
  const waitMs = waitOf(flags.agentsWait);
  const [{ placeOf }, { Seal }, { fleetEngine }, local] = await Promise.all([
    import('../fleet/place.js'),
    import('../fleet/seal.js'),
    import('../fleet/coordinator.js'),
    import('../fleet/local-fleet.js'),
  ]);
  const options = placeOptionsOf(flags, io);
  // Agents on this machine need no other to meet at, unless one is named.
  const served =
    flags.serve === true || (isLocal && options.url === undefined) ? await local.serveRedis() : undefined;
  try {
    const place = served?.place ?? placeOf(options);
    const command = [process.execPath, fileURLToPath(new URL('../../bin/lbbench.js', import.meta.url))];
    const started = isLocal ? local.startAgents(place, count, command, options.secret) : undefined;
    return {
      engine: fleetEngine({
        place,
        seal: new Seal(options.secret),
        version,
        agents: count,
        waitMs,
        onEvent: (text) => {
          if (!quiet) note(io, `${text}\n`);
        },
      }),
      close: async () => {
        await started?.close();
        await served?.close();
      },
    };
  } catch (error) {
    await served?.close();
    throw error;
  }
}

function agentsOf(text: string): { readonly count: number; readonly isLocal: boolean } {
  const [, local, digits] = /^(local:)?(\d{1,6})$/.exec(text) ?? [];
  const count = Number(digits);
  if (digits === undefined || count < 1 || count > mostAgents) {
    throw LbbenchError.usage(
      '--agents',
      `expected a number of agents from 1 to ${mostAgents}, or local:N, got ${shown(text)}`,
      'local:3 starts three on this machine',
    );
  }
  return { count, isLocal: local !== undefined };
}

function waitOf(text: string | undefined): number {
  if (text === undefined) return 60_000;
  const seconds = Number(text.replace(/s$/, ''));
  if (!(seconds > 0 && seconds <= 86_400)) {
    throw LbbenchError.usage(
      '--agents-wait',
      `expected seconds from 1 to 86400, got ${shown(text)}`,
      'give a number, such as 60',
    );
  }
  return seconds * 1000;
}

/** What a fleet cannot do is said before anything is started. */
function expectSendable(plan: Plan, agents: number, wantsSamples: boolean): void {
  if (plan.lab !== undefined) {
    throw LbbenchError.usage(
      '--agents',
      'expected a target that already runs, got a scenario with a lab',
      'a lab listens on this machine only: name a target that all agents reach',
    );
  }
  if (wantsSamples) {
    throw LbbenchError.usage(
      '--samples',
      'expected no samples with --agents, got a file for them',
      'leave one of the two out',
    );
  }
  if (plan.engine !== 'native') {
    throw LbbenchError.usage(
      '--agents',
      `expected the native engine, got ${plan.engine}`,
      'leave engine out',
    );
  }
  const isOfFile = plan.requests.some(({ body }) => body?.kind === 'llm' && body.prompt.kind !== 'drawn');
  if (isOfFile) {
    throw LbbenchError.usage(
      '--agents',
      'expected prompts that are drawn, got those of a file or a trace',
      'agents are handed no such files; say how long prompts are in place of them',
    );
  }
  if (plan.load.concurrency < agents) {
    throw LbbenchError.usage(
      '--agents',
      `expected at least one request in flight for each of ${agents} agents, got concurrency ${plan.load.concurrency}`,
      'raise -c, or take fewer agents',
    );
  }
}
