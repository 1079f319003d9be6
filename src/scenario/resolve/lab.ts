import { methodOf } from '../../balancing/method/methods.js';
import type { Algorithm } from '../../model/algorithm.js';
import type {
  BackendBehaviour,
  InferenceBehaviour,
  LabEvent,
  LabPlan,
  LabServer,
  Mishap,
  ProxyPlan,
} from '../../model/plan.js';
import { parseAddress } from '../../nginx/address.js';
import { compileKey } from '../../nginx/variables.js';
import { closestTo } from '../../text/closest.js';
import { shown } from '../../text/shown.js';
import type { Path } from '../place.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';

type LabInput = NonNullable<CheckedScenario['lab']>;
type BehaviourInput = Pick<LabInput['backend'], 'latency' | 'jitter' | 'slots' | 'llm'>;
type LlmInput = NonNullable<BehaviourInput['llm']>;

export function resolveLab(
  lab: LabInput,
  algorithms: readonly Algorithm[],
  context: ResolveContext,
): LabPlan {
  const servers = lab.servers.map(
    (server): LabServer => ({
      line: server.server,
      behaviour: lab.backends === 'running' ? undefined : behaviourOf(server, lab.backend),
    }),
  );
  checkServers(lab, servers, algorithms, context);
  if (lab.backends === 'running') refuseDemoKeys(lab, context);
  if (lab.balancer === 'embedded') checkKeys(algorithms, context);
  return {
    balancer: lab.balancer,
    nginxPath: lab.nginxPath,
    workers: lab.workers,
    zone: lab.zone,
    port: lab.port,
    servers,
    events: resolveEvents(lab, servers, context),
    ...(lab.proxy === undefined ? {} : { proxy: resolveProxy(lab.proxy, lab.balancer, context) }),
  };
}

function resolveProxy(
  { buffering, httpVersion, readTimeout, gzip, tls }: NonNullable<LabInput['proxy']>,
  balancer: LabInput['balancer'],
  { faults }: ResolveContext,
): ProxyPlan {
  const needsNginx =
    buffering === true ? 'buffering' : httpVersion === '1.0' ? 'httpVersion' : gzip ? 'gzip' : undefined;
  if (balancer === 'embedded' && needsNginx !== undefined) {
    const what = {
      buffering: 'no buffering with the embedded balancer, got on',
      httpVersion: 'httpVersion: 1.1 with the embedded balancer, got 1.0',
      gzip: 'no gzip with the embedded balancer, got on',
    }[needsNginx];
    faults.add({
      path: ['lab', 'proxy', needsNginx],
      blame: 'value',
      message: `expected ${what}`,
      hint: 'it passes each piece on as it comes, by HTTP/1.1; for what nginx does there, use balancer: nginx',
    });
  }
  return { buffering, httpVersion, readTimeoutMs: readTimeout, gzip, tls, needsNginx };
}

function behaviourOf(own: BehaviourInput, common: BehaviourInput): BackendBehaviour {
  return {
    latencyMs: own.latency ?? common.latency ?? 0,
    jitterMs: own.jitter ?? common.jitter ?? 0,
    slots: own.slots ?? common.slots,
    ...inferenceOf(own.llm ?? common.llm),
  };
}

function inferenceOf(input: LlmInput | undefined): { readonly llm?: InferenceBehaviour } {
  if (input === undefined) return {};
  const { preset, slots, cache, speed, head, role, reasoning, tokensPerEvent, usage } = input;
  return {
    llm: {
      ...{ preset, slots, speed, head, role, tokensPerEvent, usage },
      cacheTokens: cache,
      reasoningTokens: reasoning,
      isUnbuffered: input.unbuffered,
      cut: mishapOf(input.cut),
      error: mishapOf(input.error),
    },
  };
}

function mishapOf(input: LlmInput['cut']): Mishap | undefined {
  return input && { every: input.every, afterTokens: input.after };
}

/** lbbench neither slows down nor stops what it has not started. */
function refuseDemoKeys({ servers, backend, events }: LabInput, { faults }: ResolveContext): void {
  const isBehaved = (input: BehaviourInput) =>
    [input.latency, input.jitter, input.slots, input.llm].some((value) => value !== undefined);
  const behaved: readonly Path[] = [
    ...(isBehaved(backend) ? [['lab', 'backend']] : []),
    ...servers.flatMap((server, index) => (isBehaved(server) ? [['lab', 'servers', index]] : [])),
  ];
  for (const path of behaved) {
    faults.add({
      path,
      blame: 'value',
      message: 'expected no latency, jitter, slots or llm with backends: running, got some',
      hint: 'they say how demo backends behave; take them out, or let lbbench start the backends: backends: demo',
    });
  }
  if (events.length > 0) {
    faults.add({
      path: ['lab', 'events'],
      blame: 'key',
      message: 'expected no events with backends: running, got some',
      hint: 'lbbench does not stop, slow down or hang backends that it has not started; leave the drill to demo backends',
    });
  }
}

/** nginx knows more variables than a request alone determines; the embedded balancer does not. */
function checkKeys(algorithms: readonly Algorithm[], { faults }: ResolveContext): void {
  algorithms.forEach((algorithm, index) => {
    const compiled = algorithm.method === 'hash' ? compileKey(algorithm.key) : undefined;
    if (compiled === undefined || compiled.ok) return;
    const { message, hint } = compiled;
    faults.add({ path: ['algorithms', index], blame: 'value', message, hint });
  });
}

function checkServers(
  lab: LabInput,
  servers: readonly LabServer[],
  algorithms: readonly Algorithm[],
  { faults }: ResolveContext,
): void {
  const seen = new Set<string>();
  const [noBackup] = algorithms.filter((algorithm) => !methodOf(algorithm).takesBackups);
  servers.forEach(({ line }, index) => {
    const path: Path = ['lab', 'servers', index];
    if (seen.has(line.address)) {
      faults.add({
        path,
        blame: 'value',
        message: `expected each server once, got ${shown(line.address)} again`,
        hint: 'give it a port of its own, or a weight',
      });
    }
    seen.add(line.address);
    const address = parseAddress(line.server);
    if (address.ok && address.value.kind === 'name' && lab.backends === 'demo') {
      faults.add({
        path,
        blame: 'value',
        message: `expected an IP address or a unix socket for a demo backend, got ${shown(line.server)}`,
        hint: `write 127.0.0.1:${address.value.port}; nginx would make one server of every address that the name has`,
      });
    }
    if (address.ok && 'port' in address.value && address.value.port === lab.port && isHere(address.value)) {
      faults.add({
        path: ['lab', 'port'],
        blame: 'value',
        message: `expected a port that no server has, got ${lab.port}`,
        hint: 'leave it out to take a free one',
      });
    }
    if (line.backup && noBackup !== undefined) {
      faults.add({
        path,
        blame: 'value',
        message: `expected no backup server with ${noBackup.method}, got one`,
        hint: 'nginx refuses that: remove backup, or use round_robin or least_conn',
      });
    }
  });
  const lines = servers.map(({ line }) => line);
  const wrong = lines.every((line) => line.backup)
    ? 'only backup servers'
    : lines.every((line) => line.down)
      ? 'only servers that are down'
      : undefined;
  if (wrong !== undefined) {
    faults.add(
      {
        path: ['lab', 'servers'],
        blame: 'value',
        message: `expected at least one server to send requests to, got ${wrong}`,
        hint: 'nginx has nowhere to send requests: let one server be neither backup nor down',
      },
      ['lab', 'servers'],
    );
  }
}

/** Whether the balancer's port on 127.0.0.1 would be this server's. A demo backend is always on this machine. */
function isHere({ kind, host }: { readonly kind: string; readonly host: string }): boolean {
  return kind === 'name' ? host === 'localhost' : kind === 'ipv6' || host.startsWith('127.');
}

function resolveEvents(
  lab: LabInput,
  servers: readonly LabServer[],
  { faults }: ResolveContext,
): readonly LabEvent[] {
  const lines = servers.flatMap(({ line }) => line);
  const events = lab.events.map((event, index): LabEvent => {
    const line = lines.find(({ address, server }) => address === event.backend || server === event.backend);
    if (line === undefined) {
      const known = lines.map(({ address }) => address);
      const closest = closestTo(event.backend, known);
      faults.add(
        {
          path: ['lab', 'events', index, 'backend'],
          blame: 'value',
          message: `expected one of the lab's servers, got ${shown(event.backend)}`,
          hint:
            closest === undefined ? `there are ${known.slice(0, 10).join(', ')}` : `did you mean ${closest}?`,
        },
        ['lab', 'servers'],
      );
    }
    return { atMs: event.at, backend: line?.address ?? event.backend, action: event.do };
  });
  // Stable, so that events of the same moment happen in the order they are written in.
  return [...events].sort((a, b) => a.atMs - b.atMs);
}
