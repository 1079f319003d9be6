import type { PoolSelection } from '../../accesslog/reading/line-question.js';
import type { ExpectedBackend } from '../../model/plan.js';
import type { Upstream } from '../../model/upstream.js';
import type { Warning } from '../../model/warning.js';
import { parseAddress } from '../../nginx/address.js';
import { type Directive, directivesNamed } from '../../nginx/config/directive.js';
import { upstreamsOf } from '../../nginx/upstream.js';
import { poolWeights } from '../../scenario/resolve/expected.js';
import { shown } from '../../text/shown.js';
import { asSeen } from '../expected-pool.js';
import { resolveNames } from '../host-names.js';
import { poolIn } from '../simulate/read-pool.js';

/** One `upstream` block, as far as a log is concerned. */
export interface LogPool {
  readonly name: string;
  /** Its servers by address, as far as those are known. */
  readonly upstream: Upstream;
  readonly backends: readonly ExpectedBackend[];
}

/** The pools whose backends may stand in one log. */
export interface LogPools {
  readonly all: readonly LogPool[];
  /** The one that is judged: asked for, or the only one. */
  readonly chosen: LogPool | undefined;
  /** Which records count for it, where it was asked for. */
  readonly selection: PoolSelection | undefined;
  /** Backends that have stayed names, of hosts that do not resolve here. */
  readonly unresolved: ReadonlySet<string>;
  readonly warnings: readonly Warning[];
}

export const noPools: LogPools = {
  all: [],
  chosen: undefined,
  selection: undefined,
  unresolved: new Set(),
  warnings: [],
};

/** Directives that send requests to an address without an `upstream` block. */
const passes = ['proxy_pass', 'grpc_pass', 'fastcgi_pass', 'uwsgi_pass', 'scgi_pass', 'memcached_pass'];

/**
 * The pools of a configuration. Host names are resolved as nginx does when it starts; those that resolve only elsewhere stay
 * names.
 *
 * @param file that the configuration was read from
 * @param name of the block that is asked for; without one the only block is taken, if there is only one
 * @throws LbbenchError when there is no block of that name
 */
export async function logPools(
  config: readonly Directive[],
  file: string,
  name: string | undefined,
): Promise<LogPools> {
  const { blocks, faults } = upstreamsOf(config);
  const warnings: Warning[] = [];
  const all: LogPool[] = [];
  const unresolved = new Set<string>();
  const isDynamic = new Set(blocks.filter((block) => block.isDynamic).map(({ upstream }) => upstream.name));
  const told = blocks.filter((block) => !block.isDynamic);
  for (const { upstream } of told) {
    const isAsked = upstream.name === name || (name === undefined && told.length === 1);
    const { upstream: known, unknown } = await resolveNames(upstream);
    for (const { host, code } of isAsked ? unknown : []) {
      warnings.push({
        code: 'configuration',
        text: `${shown(host)} of the upstream block does not resolve here (${code}), so what is expected of it can be compared only where the log has that name; else equal shares are expected, unless --expect names addresses`,
      });
    }
    const hosts = new Set(unknown.map(({ host }) => host));
    for (const { server, address } of known.servers) if (hosts.has(hostOf(server))) unresolved.add(address);
    all.push({ name: upstream.name, upstream: known, backends: poolWeights(known.servers) });
  }
  if (name === undefined) {
    const only = all.length === 1 && faults.length === 0 ? all[0] : undefined;
    return { all, chosen: only, selection: undefined, unresolved, warnings };
  }
  const chosen = all.find((pool) => pool.name === name);
  if (chosen === undefined && isDynamic.has(name)) {
    warnings.push({
      code: 'configuration',
      text: `which servers ${shown(name)} has is decided outside of the configuration, by Lua or over an API, so equal shares are expected of all that were seen`,
    });
  }
  // Says which blocks there are, or what is wrong with this one.
  if (chosen === undefined && !isDynamic.has(name)) {
    const { upstream } = await poolIn(config, file, name, '--upstream');
    throw new Error(`${upstream.name} is no block of the configuration after all`);
  }
  const others = all.filter((pool) => pool !== chosen);
  const selection: PoolSelection = {
    name,
    own: chosen?.backends.map(({ address }) => address) ?? [],
    others: [
      ...others.flatMap(({ backends }) => backends.map(({ address }) => address)),
      ...addressesPassedTo(config),
    ],
    otherNames: others.map((pool) => pool.name),
  };
  return { all, chosen, selection, unresolved, warnings };
}

function hostOf(server: string): string {
  const address = parseAddress(server);
  return address.ok && address.value.kind === 'name' ? address.value.host : '';
}

/** What is expected, as far as it is known of whom: a host's name does not say which of the addresses that were seen is its own. */
export function comparable(
  expected: readonly ExpectedBackend[] | undefined,
  { unresolved }: LogPools,
  seen: ReadonlySet<string>,
): readonly ExpectedBackend[] | undefined {
  const isUnclear = expected?.some(({ address }) => unresolved.has(address) && !seen.has(address)) === true;
  return isUnclear ? undefined : expected;
}

/** The pools as far as any of their backends was seen, by the names that were seen; one that was chosen alone. */
export function seenPools(pools: LogPools, seen: ReadonlySet<string>): LogPools {
  const named = (pools.chosen === undefined ? pools.all : [pools.chosen]).map((pool) => ({
    ...pool,
    backends: asSeen(pool.backends, seen),
  }));
  const all = named.filter(({ backends }) => backends.some(({ address }) => seen.has(address)));
  return { ...pools, all };
}

/** Whether a log has backends of several pools, of which none was chosen. */
export function isSeveral({ all, chosen }: LogPools): boolean {
  return chosen === undefined && all.length > 1;
}

/** Which pool a backend is of. */
export function poolOf({ all }: LogPools): (address: string) => string | undefined {
  const names = new Map(all.flatMap(({ name, backends }) => backends.map(({ address }) => [address, name])));
  return (address) => names.get(address);
}

/** Says that shares are those within pools. */
export function severalPools(pools: LogPools): Warning[] {
  if (!isSeveral(pools)) return [];
  const names = pools.all.map(({ name }) => shown(name, 40));
  return [
    {
      code: 'several-pools',
      text: `the log has backends of ${names.length} upstream blocks (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}), each of which is compared in itself; --upstream chooses one`,
    },
  ];
}

/** Addresses that requests are passed to directly. */
function addressesPassedTo(config: readonly Directive[]): string[] {
  return passes.flatMap((name) =>
    directivesNamed(config, name).flatMap(({ args: [target = ''] }) => {
      const [, scheme = '', host = ''] = /^(?:(\w+):\/\/)?([^/$]+)/.exec(target) ?? [];
      const isDefault = !/:\d+$/.test(host);
      const address = parseAddress(isDefault && scheme === 'https' ? `${host}:443` : host);
      return address.ok && address.value.kind !== 'name' ? [address.value.canonical] : [];
    }),
  );
}
