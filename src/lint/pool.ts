import type { Algorithm } from '../model/algorithm.js';
import type { ServerLine } from '../model/upstream.js';
import { algorithmOf, methodNames } from '../nginx/algorithm.js';
import type { Directive } from '../nginx/config/directive.js';
import { serverLineOf } from '../nginx/server-line.js';

export interface PoolServer extends ServerLine {
  readonly directive: Directive;
}

/**
 * An `upstream` block as far as the rules ask. It is read with more patience than by `upstreamsOf`: what a newer nginx, a
 * commercial one or a module adds (`resolve`, `slow_start=`, `sticky`) must not keep the rest from being looked at.
 */
export interface Pool {
  readonly name: string;
  readonly directive: Directive;
  readonly servers: readonly PoolServer[];
  /** The one in force; `undefined` where a module's own method decides. */
  readonly algorithm: Algorithm | undefined;
  /** The lines of nginx's own methods, of which the last is in force. */
  readonly methods: readonly Directive[];
  readonly hasZone: boolean;
  /** Its line, where it keeps connections. */
  readonly keepalive: Directive | undefined;
}

/** Directives that leave the method as it is, or refine it. */
const known: ReadonlySet<string> = new Set([
  ...methodNames,
  'server',
  'zone',
  'state',
  'keepalive',
  'keepalive_requests',
  'keepalive_timeout',
  'keepalive_time',
  'resolver',
  'resolver_timeout',
  'sticky',
  'queue',
  'ntlm',
]);
const parameter = /^(?:(?:weight|max_conns|max_fails|fail_timeout)=|backup$|down$)/;

export function poolOf(directive: Directive): Pool {
  const inner = directive.block ?? [];
  const methods = inner.filter(({ name }) => methodNames.has(name));
  const last = methods.at(-1);
  const own = last === undefined ? undefined : algorithmOf([last.name, ...last.args]);
  const isForeign = inner.some(({ name }) => !known.has(name)) || own?.ok === false;
  return {
    name: directive.args[0] ?? '',
    directive,
    servers: inner.filter(({ name }) => name === 'server').flatMap(poolServers),
    algorithm: isForeign ? undefined : own?.ok === true ? own.value : { method: 'round_robin' },
    methods,
    hasZone: inner.some(({ name }) => name === 'zone'),
    keepalive: inner.find(({ name, args }) => name === 'keepalive' && args[0] !== '0'),
  };
}

/** Servers that nginx would refuse are left out: that is for `nginx -t` to say. */
function poolServers(directive: Directive): readonly PoolServer[] {
  const [address = '', ...rest] = directive.args;
  const line = serverLineOf([address, ...rest.filter((word) => parameter.test(word))]);
  return line.ok ? [{ ...line.value, directive }] : [];
}

/** Whether there is anything to balance. */
export function isBalanced({ servers }: Pool): boolean {
  return servers.filter(({ down }) => !down).length > 1;
}

/** Whether failures count: nginx never takes a lone server out, but one beside another that is down. */
export function isTakenOut({ servers }: Pool): boolean {
  return servers.length > 1;
}
