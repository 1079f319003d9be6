import { methodOf } from '../balancing/method/methods.js';
import type { Algorithm } from '../model/algorithm.js';
import type { Fault } from '../model/fault.js';
import type { ServerLine, Upstream } from '../model/upstream.js';
import { shown } from '../text/shown.js';
import { algorithmOf, algorithmWords, methodNames } from './algorithm.js';
import { type Directive, directive, directivesNamed } from './config/directive.js';
import { printConfig } from './config/print.js';
import { serverLineOf, serverLineWords } from './server-line.js';
import { parseSizeBytes } from './size.js';

/** An `upstream` block of a configuration with what the model has no place for. */
export interface UpstreamBlock {
  readonly upstream: Upstream;
  readonly directive: Directive;
  /** Directives that lbbench does not model, such as `sticky` or those of third-party modules; parameters of servers too. */
  readonly unmodelled: readonly Directive[];
  /** Which servers there are is decided elsewhere, by Lua or over an API: those of the block, if any, say nothing. */
  readonly isDynamic: boolean;
  /** What nginx would warn of or silently do otherwise than written. */
  readonly warnings: readonly Fault[];
}

export interface Upstreams {
  readonly blocks: readonly UpstreamBlock[];
  /** Blocks with faults are not among `blocks`. */
  readonly faults: readonly Fault[];
}

/** Directives that do not change which server is picked. */
const neutral: ReadonlySet<string> = new Set([
  'keepalive_requests',
  'keepalive_timeout',
  'keepalive_time',
  'resolver',
  'resolver_timeout',
]);

/**
 * Every `upstream` block of a configuration, wherever it stands (http, stream, or a file of its own), with the
 * faults of those that no nginx takes.
 */
export function upstreamsOf(directives: readonly Directive[]): Upstreams {
  const blocks: UpstreamBlock[] = [];
  const faults: Fault[] = [];
  const names = new Set<string>();
  for (const top of directives) {
    for (const found of directivesNamed([top], 'upstream')) {
      const reader = new UpstreamReader(found);
      const block = reader.read();
      faults.push(...reader.faults);
      if (block === undefined) continue;
      const { name } = block.upstream;
      // http and stream have a name space each.
      const scopedName = top === found ? name : `${top.name} ${name}`;
      if (names.has(scopedName)) {
        faults.push({ ...found.at, message: `expected upstream names to differ, got ${shown(name)} again` });
      } else {
        names.add(scopedName);
        blocks.push(block);
      }
    }
  }
  return { blocks, faults };
}

/** Parameters of servers that newer and commercial nginx and modules take, and that say nothing of which server is picked in the long run. */
const foreignParameter = /^(?:resolve|drain|(?:service|slow_start|route|id|srun_id)=.*)$/s;
/** Directives by which servers come from elsewhere. */
const servedElsewhere = /^(?:balancer_by_lua|state$|upsync$)/;

class UpstreamReader {
  readonly faults: Fault[] = [];
  private readonly warnings: Fault[] = [];
  private readonly unmodelled: Directive[] = [];
  private readonly servers: ServerLine[] = [];
  private algorithm: Algorithm | undefined;
  private zone: Upstream['zone'];
  private keepalive: number | undefined;

  constructor(private readonly directive: Directive) {}

  read(): UpstreamBlock | undefined {
    const [name, ...rest] = this.directive.args;
    if (name === undefined || rest.length > 0 || this.directive.block === undefined) {
      this.fault(this.directive, 'expected upstream NAME { … }');
      return undefined;
    }
    for (const inner of this.directive.block) this.inner(inner);
    const isDynamic = this.unmodelled.some((inner) => servedElsewhere.test(inner.name));
    if (this.faults.length === 0 && !isDynamic && this.servers.every((line) => line.backup)) {
      this.fault(
        this.directive,
        `expected a server that is not a backup in upstream ${shown(name)}, got none`,
      );
    }
    if (this.faults.length > 0) return undefined;
    const upstream: Upstream = {
      name,
      servers: this.servers,
      algorithm: this.algorithm ?? { method: 'round_robin' },
      zone: this.zone,
      keepalive: this.keepalive,
    };
    const { directive: block, unmodelled, warnings } = this;
    return { upstream, directive: block, unmodelled, isDynamic, warnings };
  }

  private inner(inner: Directive): void {
    if (inner.name === 'server') this.server(inner);
    else if (methodNames.has(inner.name)) this.method(inner);
    else if (inner.name === 'zone') this.readZone(inner);
    else if (inner.name === 'keepalive') this.readKeepalive(inner);
    else if (!neutral.has(inner.name)) this.unmodelled.push(inner);
  }

  private server(inner: Directive): void {
    const isForeign = (word: string, index: number) => index > 0 && foreignParameter.test(word);
    const line = serverLineOf(inner.args.filter((word, index) => !isForeign(word, index)));
    for (const name of inner.args.filter(isForeign)) this.unmodelled.push({ ...inner, name, args: [] });
    if (!line.ok) {
      this.fault(inner, line.message, line.hint);
    } else if (line.value.backup && this.algorithm !== undefined && !methodOf(this.algorithm).takesBackups) {
      this.fault(
        inner,
        `expected no backup after ${this.algorithm.method}, got ${shown(inner.args.join(' '))}`,
        'nginx takes backup servers only before the line of this method',
      );
    } else {
      // A draining server gets no new clients.
      this.servers.push(inner.args.includes('drain') ? { ...line.value, down: true } : line.value);
    }
  }

  private method(inner: Directive): void {
    const algorithm = algorithmOf([inner.name, ...inner.args]);
    if (!algorithm.ok) {
      // `random two least_time=header` is of the commercial one.
      if (inner.args.some((word) => word.startsWith('least_time='))) this.unmodelled.push(inner);
      else this.fault(inner, algorithm.message, algorithm.hint);
      return;
    }
    if (this.algorithm !== undefined)
      this.warn(inner, 'the balancing method is redefined; the last one counts');
    else if (this.keepalive !== undefined) {
      this.warn(inner, 'the method stands after keepalive, which switches keepalive off before nginx 1.29.7');
    }
    this.algorithm = algorithm.value;
  }

  private readZone(inner: Directive): void {
    const [name, size] = inner.args;
    const sizeBytes = size === undefined ? undefined : parseSizeBytes(size);
    if (name === undefined || inner.args.length > 2) this.fault(inner, 'expected zone NAME [SIZE]');
    else if (sizeBytes !== undefined && !sizeBytes.ok) this.fault(inner, sizeBytes.message);
    else this.zone = { name, sizeBytes: sizeBytes?.value };
  }

  private readKeepalive(inner: Directive): void {
    const [connections = ''] = inner.args;
    if (/^\d{1,9}$/.test(connections)) this.keepalive = Number(connections);
    else this.fault(inner, `expected a number of idle connections, got ${shown(connections)}`);
  }

  private fault({ at }: Directive, message: string, hint?: string): void {
    this.faults.push({ ...at, message, hint });
  }

  private warn({ at }: Directive, message: string): void {
    this.warnings.push({ ...at, message });
  }
}

/**
 * Writes the `upstream` block of a pool in the one order that every nginx takes: the method before keepalive, and
 * after the servers where it refuses backups behind itself. `upstreamsOf` reads it back.
 */
export function formatUpstream(upstream: Upstream): string {
  return printConfig([upstreamDirective(upstream)]);
}

function upstreamDirective({ name, servers, algorithm, zone, keepalive }: Upstream): Directive {
  const lines = servers.map((line) => directive('server', serverLineWords(line)));
  const isMethodLast = !methodOf(algorithm).takesBackups && servers.some((line) => line.backup);
  const method = methodDirectives(algorithm);
  return directive(
    'upstream',
    [name],
    [
      ...(zone === undefined ? [] : [directive('zone', zoneWords(zone))]),
      ...(isMethodLast ? [...lines, ...method] : [...method, ...lines]),
      ...(keepalive === undefined ? [] : [directive('keepalive', [String(keepalive)])]),
    ],
  );
}

function zoneWords({ name, sizeBytes }: NonNullable<Upstream['zone']>): readonly string[] {
  return sizeBytes === undefined ? [name] : [name, String(sizeBytes)];
}

function methodDirectives(algorithm: Algorithm): readonly Directive[] {
  if (algorithm.method === 'round_robin') return [];
  const [name, ...args] = algorithmWords(algorithm);
  return [directive(name, args)];
}
