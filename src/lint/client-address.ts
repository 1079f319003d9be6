import { decisionOf } from '../balancing/method/methods.js';
import { type Directive, directivesNamed } from '../nginx/config/directive.js';
import { parseTemplate } from '../nginx/template.js';
import { shown } from '../text/shown.js';
import { type Configuration, type Place, placesOf } from './configuration.js';
import type { Pool } from './pool.js';
import { lineOf, type Remark, type Rule } from './rule.js';
import type { Scope } from './scope.js';

/** What only a proxy in front sends. */
const forwarded = /\$\{?(?:http_x_forwarded_for|http_x_real_ip|http_cf_connecting_ip|http_true_client_ip)\b/i;
const forwardedScheme = /\$\{?http_(?:x_forwarded_(?:proto|scheme|ssl)|front_end_https)\b/i;
/** Directives that take clients apart by it, so that it must be there; a map may as well be about its absence. */
const takingApart = ['limit_req_zone', 'limit_conn_zone', 'geo', 'hash'];
const clientAddresses: ReadonlySet<string> = new Set(['remote_addr', 'binary_remote_addr']);

/** A reason to believe that the address of a place's clients is not theirs, and what mends it. */
interface Witness {
  readonly what: string;
  readonly fix: readonly string[];
}

const trusted = ['# the address of the proxy', lineOf('set_real_ip_from', '10.0.0.0/8')];
const byHeader = lineOf('real_ip_header', 'X-Forwarded-For');
const byProtocol = lineOf('real_ip_header', 'proxy_protocol');

/** Why the address seen at a place is that of a proxy, if the configuration shows it. */
function proxyInFront({ scope }: Place, configuration: Configuration): Witness | undefined {
  const hasTrusted = scope.inForce('set_real_ip_from').length > 0;
  const header = scope.setting('real_ip_header');
  if (listensOf(scope).some(({ args }) => args.includes('proxy_protocol'))) {
    if (!hasTrusted) {
      return {
        what: 'the server listens with proxy_protocol, but no set_real_ip_from trusts what it says',
        fix: [...trusted, byProtocol],
      };
    }
    // Somebody who names a header knows a proxy that sends it.
    return header === undefined
      ? {
          what: 'the server listens with proxy_protocol, but real_ip_header does not take the address from it',
          fix: [byProtocol],
        }
      : undefined;
  }
  if (hasTrusted) return undefined;
  if (header !== undefined)
    return { what: 'real_ip_header does nothing without a set_real_ip_from', fix: trusted };
  const found = decidingByForwarded(scope, configuration);
  if (found !== undefined) {
    return {
      what: `${found.name} in line ${found.at?.line ?? '?'} goes by what a proxy in front sends, but the method does not`,
      fix: [...trusted, byHeader],
    };
  }
  const local = onlyLocal(scope);
  return local === undefined
    ? undefined
    : {
        what: `the server listens on ${shown(local)} only, so that all clients are on this machine`,
        fix: [lineOf('set_real_ip_from', local.startsWith('unix:') ? 'unix:' : '127.0.0.1'), byHeader],
      };
}

function listensOf(scope: Scope): readonly Directive[] {
  return scope.enclosing('server')?.named('listen') ?? [];
}

function decidingByForwarded(scope: Scope, { http }: Configuration): Directive | undefined {
  const server = scope.enclosing('server')?.block.block ?? [];
  return (
    takingApart
      .flatMap((name) => directivesNamed(http.block.block ?? [], name))
      .find(({ args }) => args.some((word) => forwarded.test(word))) ??
    // Another server may well be the one behind a proxy.
    directivesNamed(server, 'if').find(({ args }) => args.some((word) => forwardedScheme.test(word)))
  );
}

/** Where a server listens when nobody but this machine can reach it. */
function onlyLocal(scope: Scope): string | undefined {
  const addresses = listensOf(scope).map(({ args: [address = ''] }) => address);
  const isLocal = (address: string) => /^(?:127\.|localhost(?::|$)|\[::1\]|unix:)/i.test(address);
  return addresses.every(isLocal) ? addresses[0] : undefined;
}

/** Pools that tell clients apart by their address alone. */
function byAddress({ pools }: Configuration): readonly Pool[] {
  return pools.filter(({ algorithm }) => {
    const decision = algorithm === undefined ? undefined : decisionOf(algorithm);
    if (decision?.by !== 'key') return false;
    const key = parseTemplate(decision.template);
    const variables = key.ok
      ? key.value.flatMap((part) => (part.kind === 'variable' ? [part.name.toLowerCase()] : []))
      : [];
    return variables.length > 0 && variables.every((name) => clientAddresses.has(name));
  });
}

function witnessFor(pool: Pool, configuration: Configuration): Witness | undefined {
  return placesOf(pool, configuration)
    .map((place) => proxyInFront(place, configuration))
    .find((witness) => witness !== undefined);
}

function ofProxy(configuration: Configuration): readonly Remark[] {
  return byAddress(configuration).flatMap((pool) => {
    const witness = witnessFor(pool, configuration);
    const at = pool.methods.at(-1);
    if (witness === undefined || at === undefined) return [];
    return [
      {
        at,
        what: `upstream ${shown(pool.name)} balances by the client's address (${at.name}), and ${witness.what}`,
        why: 'nginx then sees the address of the proxy in place of the client’s, so all clients behind one proxy go to one server.',
        fix: witness.fix,
      },
    ];
  });
}

function byNetwork(configuration: Configuration): readonly Remark[] {
  return configuration.pools.flatMap((pool) => {
    const at = pool.methods.at(-1);
    if (at === undefined || pool.algorithm?.method !== 'ip_hash') return [];
    // Something worse is said of it already.
    if (witnessFor(pool, configuration) !== undefined) return [];
    return [
      {
        at,
        what: `upstream ${shown(pool.name)} balances by ip_hash`,
        why: 'ip_hash looks at the first three numbers of an IPv4 address only, so all clients of one /24 network, such as an office or a cluster, go to one server.',
        fix: [lineOf('hash', '$remote_addr', 'consistent')],
      },
    ];
  });
}

/** What nginx takes for the client. */
export const clientAddressRules: readonly Rule[] = [
  {
    id: 'address-of-proxy',
    severity: 'warning',
    meaning: 'behind a proxy all clients have one address, and go to one server',
    check: ofProxy,
  },
  {
    id: 'ip-hash-by-network',
    severity: 'note',
    meaning: 'ip_hash takes all clients of one /24 network for one',
    check: byNetwork,
  },
];
