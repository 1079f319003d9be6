import type { Algorithm } from '../model/algorithm.js';
import { LbbenchError } from '../model/fault.js';
import type { LabEvent, LabPlan, LabServer, Target } from '../model/plan.js';
import type { Warning } from '../model/warning.js';
import { isAtLeast } from '../nginx/version.js';
import { type Backend, startBackend } from './backend/backend.js';
import type { Balancer } from './balancer/balancer.js';
import { startEmbedded } from './balancer/embedded.js';
import { type Certificate, selfSigned } from './certificate.js';
import { findNginx, type NginxBinary } from './nginx/find.js';
import { startNginx } from './nginx/nginx.js';
import { expectRunning } from './running.js';

/** Name of the `upstream` block; nginx prints it as the address when no server was left. */
const poolName = 'backend';
/** nginx's proxy_connect_timeout, proxy_send_timeout and proxy_read_timeout. */
const proxyTimeoutMs = 60_000;

/** What lbbench has started for a run: a balancer, and the demo backends behind it unless they run already. */
export interface Lab {
  /** `nginx 1.22.1` or `embedded`. */
  readonly balancer: string;
  /** The balancer's address. */
  readonly target: Target;
  /** What the balancer prints in place of an address when no server was left. */
  readonly poolName: string;
  readonly servers: readonly LabServer[];
  /** The balancer's access log, in the format of the article; it is removed with the lab. */
  readonly accessLog: string;
  /** Its processes, as they are now. */
  readonly pids: readonly number[];
  /**
   * Aborted when a part of the lab has ended that should not, with an `LbbenchError` that names it as the reason: what is
   * measured from then on is something else than the lab.
   */
  readonly broken: AbortSignal;
  /** What has gone wrong since this was asked last, and did not break it: one sentence each. Does not fail. */
  complaints(): Promise<readonly string[]>;
  /**
   * Balances by another method, with all balancing state and the caches of the demo backends fresh. When it settles no request can be balanced by the
   * old method any more.
   */
  use(algorithm: Algorithm): Promise<void>;
  /** Does a step of the failover drill; its time is the caller's business. */
  act(event: Pick<LabEvent, 'backend' | 'action'>): Promise<void>;
  /**
   * Requests that each demo backend has received since the lab started, failed attempts included, by address; `undefined`
   * for one that has ended.
   */
  backendCounts(): Promise<Record<string, number | undefined>>;
  /** Ends every process and removes every file. Does not fail. Safe to call twice. */
  close(): Promise<void>;
}

export interface LabOptions {
  /** Seeds the jitter of the backends and the random methods of the embedded balancer. */
  readonly seed: number;
  /** The first method to balance by. */
  readonly algorithm: Algorithm;
  readonly onWarning: (warning: Warning) => void;
  /** Told of a demo backend that has ended by itself, which breaks the lab unless somebody is told. */
  readonly onLostBackend?: (error: LbbenchError) => void;
}

/**
 * Starts the demo backends and the balancer of a plan, and settles when requests can be sent.
 *
 * @throws {LbbenchError} `unmeasurable` when something cannot start (a taken port, no nginx, a config nginx refuses) or a
 * backend that should run already does not, `usage` when a server is not an address; nothing is left running then
 */
export async function startLab(plan: LabPlan, options: LabOptions): Promise<Lab> {
  await expectRunning(
    plan.servers.filter(({ behaviour }) => behaviour === undefined).map(({ line }) => line),
  );
  const backends = await startBackends(plan.servers, options.seed);
  const certificate = plan.proxy?.tls === true ? selfSigned() : undefined;
  let balancer: Balancer;
  try {
    balancer = await startBalancer(plan, options, certificate);
  } catch (error) {
    await closeAll(backends);
    throw error;
  }
  const byAddress = new Map(backends.map((backend) => [backend.address, backend]));
  const breaking = new AbortController();
  const shatter = (error: LbbenchError) => breaking.abort(error);
  void balancer.lost.then(shatter);
  for (const { lost } of backends) void lost.then(options.onLostBackend ?? shatter);
  return {
    broken: breaking.signal,
    complaints: () => balancer.complaints().catch(() => []),
    balancer: balancer.name,
    target: targetAt(balancer.port, certificate),
    poolName,
    servers: plan.servers,
    accessLog: balancer.accessLog,
    get pids() {
      return [...backends.flatMap(({ pid }) => pid ?? []), ...balancer.pids];
    },
    use: async (algorithm) => {
      await balancer.use(algorithm);
      await Promise.all(backends.map((backend) => backend.renew()));
    },
    act: async ({ backend, action }) => {
      const actor = byAddress.get(backend);
      if (actor === undefined) throw unknownBackend(backend, [...byAddress.keys()]);
      await actor.act(action);
    },
    backendCounts: async () =>
      Object.fromEntries(
        await Promise.all(
          backends.map(async (one) => [one.address, await one.count().catch(() => undefined)] as const),
        ),
      ),
    close: () => closeAll([balancer, ...backends]),
  };
}

/** One process for each address, even if two server lines name it. */
async function startBackends(servers: readonly LabServer[], seed: number): Promise<Backend[]> {
  const demo = servers.flatMap(({ line: { address }, behaviour }) =>
    behaviour === undefined ? [] : [{ address, behaviour }],
  );
  const unique = [...new Map(demo.map((one) => [one.address, one])).values()];
  const results = await Promise.allSettled(
    unique.map((one, index) => startBackend({ ...one, seed: seed + index })),
  );
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (errors.length === 0) return started;
  await closeAll(started);
  throw oneError(errors);
}

/** All faults together when every failure was an expected one; otherwise the first bug. */
function oneError(errors: readonly unknown[]): unknown {
  const bug = errors.find((error) => !(error instanceof LbbenchError));
  if (bug !== undefined) return bug;
  const expected = errors as readonly LbbenchError[];
  const kind = expected.some((error) => error.kind === 'usage') ? 'usage' : 'unmeasurable';
  return new LbbenchError(
    kind,
    expected.flatMap((error) => error.faults),
  );
}

async function startBalancer(
  plan: LabPlan,
  options: LabOptions,
  certificate: Certificate | undefined,
): Promise<Balancer> {
  const { algorithm, seed, onWarning } = options;
  const { workers, zone, port, proxy } = plan;
  const servers = plan.servers.map(({ line }) => line);
  const nginx = await chooseNginx(plan);
  if (nginx === undefined) {
    if (workers > 1) onWarning({ code: 'configuration', text: oneProcess(workers) });
    refuseNginxOnly(plan);
    const timeoutMs = proxy?.readTimeoutMs ?? proxyTimeoutMs;
    return startEmbedded({ poolName, servers, algorithm, seed, port, timeoutMs, certificate });
  }
  const lumps = lumpingOf(plan, nginx);
  if (lumps !== undefined) onWarning({ code: 'configuration', text: lumps });
  if (workers > 1 && !zone) onWarning({ code: 'workers-without-zone', text: ownState(workers) });
  return startNginx(nginx, {
    poolName,
    // nginx makes one server for each address of a name itself.
    servers: [...new Map(servers.map((line) => [line.server, line])).values()],
    algorithm,
    workers,
    zone,
    port,
    proxy,
    certificate,
    onWarning: (text) => onWarning({ code: 'configuration', text }),
  });
}

/** `undefined` for the embedded balancer. */
async function chooseNginx({ balancer, nginxPath }: LabPlan): Promise<NginxBinary | undefined> {
  if (balancer === 'embedded') return undefined;
  const found = await findNginx(nginxPath, process.env.PATH);
  if (found !== undefined || balancer === 'auto') return found;
  throw new LbbenchError('unmeasurable', [
    {
      path: 'lab.balancer',
      message: 'expected nginx on PATH, found none',
      hint: 'install it (apt install nginx, brew install nginx) or use balancer: embedded',
    },
  ]);
}

/** What the embedded balancer does not do is refused, before somebody takes its figures for those of nginx. */
function refuseNginxOnly({ proxy }: LabPlan): void {
  const key = proxy?.needsNginx;
  if (key === undefined) return;
  throw new LbbenchError('unmeasurable', [
    {
      path: `lab.proxy.${key}`,
      message: `expected nginx on PATH for ${key}, found none`,
      hint: 'install it (apt install nginx, brew install nginx), or leave the key out: the embedded balancer passes each piece on as it comes',
    },
  ]);
}

/** That streams of the demo backends come in lumps, through what nobody has asked for. */
function lumpingOf({ servers, proxy }: LabPlan, { name, version }: NginxBinary): string | undefined {
  const isAsked = proxy?.buffering !== undefined || proxy?.httpVersion !== undefined;
  const streams = servers.some(({ behaviour }) => behaviour?.llm?.isUnbuffered === false);
  if (isAsked || !streams || isAtLeast(version, [1, 29, 7])) return undefined;
  return (
    `${name} asks backends by HTTP/1.0, as it does by default, and passes their streams on in lumps of 4 kB; ` +
    'lab.proxy: { buffering: off } lets each event pass'
  );
}

function oneProcess(workers: number): string {
  return `workers: ${workers} has no effect, because the embedded balancer is one process`;
}

function ownState(workers: number): string {
  return (
    `each of the ${workers} nginx workers balances for itself and starts at the first server, so small runs look ` +
    'skewed; zone: true makes them share their state'
  );
}

/** Does not fail: what brought it about is what must be told. */
async function closeAll(parts: readonly { close(): Promise<void> }[]): Promise<void> {
  await Promise.allSettled(parts.map((part) => part.close()));
}

function targetAt(port: number, certificate: Certificate | undefined): Target {
  const authority = `127.0.0.1:${port}`;
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://${authority}/`,
    tls: certificate && tlsPlan(certificate),
    host: '127.0.0.1',
    port,
    pathPrefix: '',
    socketPath: undefined,
    authority,
  };
}

/** Trusts the one certificate, and nothing else. */
function tlsPlan({ cert: ca }: Certificate): Target['tls'] {
  const none = undefined;
  return {
    ...{ verify: true, ca },
    ...{ serverName: none, cert: none, key: none, ciphers: none, minVersion: none, maxVersion: none },
  };
}

function unknownBackend(backend: string, known: readonly string[]): LbbenchError {
  return new LbbenchError('usage', [
    { path: 'lab.events', message: `expected one of ${known.join(', ')}, got ${JSON.stringify(backend)}` },
  ]);
}
