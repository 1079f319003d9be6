import { type Directive, directive, directivesAt } from '../nginx/config/directive.js';
import { isAtLeast, type NginxVersion } from '../nginx/version.js';
import { shown } from '../text/shown.js';
import { type Pool, poolOf } from './pool.js';
import { Scope } from './scope.js';

/** A place that hands requests on with `proxy_pass`. */
export interface Place {
  /** The block that `proxy_pass` stands in. */
  readonly scope: Scope;
  readonly pass: Directive;
  /** `undefined` when it names no upstream block, or a variable decides. */
  readonly pool: Pool | undefined;
}

/** An nginx configuration as the rules look at it. */
export interface Configuration {
  /** Of http and stream. */
  readonly pools: readonly Pool[];
  readonly places: readonly Place[];
  /** The http block, or the file itself where it is a piece of one (`conf.d/*.conf`). */
  readonly http: Scope;
  /** `worker_processes` as written where it is more than one; `undefined` also where a piece of a configuration does not tell. */
  readonly severalWorkers: string | undefined;
  /** Since nginx 1.29.7 servers are spoken to by HTTP/1.1 over connections that are kept, unless told otherwise. */
  readonly keepsByDefault: boolean;
  /** The `map` block that makes a variable, by its name without `$`. */
  map(variable: string): Directive | undefined;
}

/**
 * @param directives a whole configuration, or a file that one includes inside http
 * @param version of the nginx that is to run it; without one, the defaults that packages had until now are taken
 */
export function configurationOf(
  directives: readonly Directive[],
  version: NginxVersion | undefined,
): Configuration {
  const [block] = directivesAt(directives, 'http');
  const http = new Scope(block ?? directive('http', [], directives), undefined);
  const pools = http.named('upstream').map(poolOf);
  const maps = new Map(
    http.named('map').map((found) => [(found.args[1] ?? '').replace(/^\$/, '').toLowerCase(), found]),
  );
  return {
    pools: [...pools, ...directivesAt(directives, 'stream', 'upstream').map(poolOf)],
    places: placesIn(http, pools),
    http,
    severalWorkers: severalWorkers(directives),
    keepsByDefault: version !== undefined && isAtLeast(version, [1, 29, 7]),
    map: (variable) => maps.get(variable.toLowerCase()),
  };
}

function placesIn(scope: Scope, pools: readonly Pool[]): readonly Place[] {
  const own = scope.named('proxy_pass').map((pass) => ({ scope, pass, pool: poolNamed(pass, pools) }));
  return [...own, ...scope.children().flatMap((child) => placesIn(child, pools))];
}

/** nginx compares the names of upstreams in any case. A port behind the name makes it a host's name. */
function poolNamed({ args: [url = ''] }: Directive, pools: readonly Pool[]): Pool | undefined {
  const host = /^https?:\/\/([^/?#:$]+)(?:[/?#]|\$(?:request_)?uri\b|$)/i.exec(url)?.[1]?.toLowerCase();
  return pools.find(({ name }) => name.toLowerCase() === host);
}

/** nginx's own default is one. */
function severalWorkers(directives: readonly Directive[]): string | undefined {
  const count = directivesAt(directives, 'worker_processes')[0]?.args[0] ?? '1';
  return count === 'auto' || Number(count) > 1 ? count : undefined;
}

/** The places that hand requests to a pool. */
export function placesOf(pool: Pool, { places }: Configuration): readonly Place[] {
  return places.filter((place) => place.pool === pool);
}

/** How a person calls a place: `location "/chat" (line 12)`. */
export function placeName({ scope, pass }: Place): string {
  const location = scope.enclosing('location');
  const path = location === undefined ? '' : ` ${shown(location.block.args.join(' '))}`;
  return `location${path} (line ${pass.at?.line ?? '?'})`;
}

/** What a `map` block has on a line of its own for a source, such as the empty one, or as its `default`. */
export function mapped({ block = [] }: Directive, source: string): string | undefined {
  return block.find(({ name }) => name === source)?.args[0];
}
