import { shown } from '../text/shown.js';
import { type Configuration, mapped, type Place, placeName, placesOf } from './configuration.js';
import { lineOf, type Remark, type Rule } from './rule.js';

/** What keeps the connections of a place from being used again, and the line that mends it. */
interface Obstacle {
  readonly what: string;
  readonly fix: string;
}

function obstacles({ scope }: Place, configuration: Configuration): readonly Obstacle[] {
  const version = scope.setting('proxy_http_version') ?? (configuration.keepsByDefault ? '1.1' : undefined);
  const connection = scope
    .inForce('proxy_set_header')
    .find(({ args }) => args[0]?.toLowerCase() === 'connection')?.args[1];
  const found: Obstacle[] = [];
  if (version === undefined || version === '1.0') {
    found.push({
      what: `proxy_http_version is ${version ?? '1.0 by default'}`,
      fix: lineOf('proxy_http_version', '1.1'),
    });
  }
  if (closes(connection, configuration)) {
    found.push({
      what: `the Connection header is ${connection === undefined ? '"close" by default' : shown(connection)}`,
      fix: lineOf('proxy_set_header', 'Connection', ''),
    });
  }
  return found;
}

/** Whether a plain request goes out with `Connection: close`; the map made for WebSockets may do that too. */
function closes(connection: string | undefined, { map, keepsByDefault }: Configuration): boolean {
  if (connection === undefined) return !keepsByDefault;
  if (connection.toLowerCase() === 'close') return true;
  const variable = /^\$\{?(\w+)\}?$/.exec(connection)?.[1];
  const found = variable === undefined ? undefined : map(variable);
  if (found?.args[0]?.toLowerCase() !== '$http_upgrade') return false;
  return (mapped(found, '') ?? mapped(found, 'default'))?.toLowerCase() === 'close';
}

function unused(configuration: Configuration): readonly Remark[] {
  return configuration.pools.flatMap((pool) => {
    const { keepalive } = pool;
    if (keepalive === undefined) return [];
    const spoiled = placesOf(pool, configuration)
      .map((place) => ({ place, found: obstacles(place, configuration) }))
      .filter(({ found }) => found.length > 0);
    const [first] = spoiled;
    if (first === undefined) return [];
    const others = spoiled.length === 1 ? '' : ` and ${spoiled.length - 1} more`;
    const isDefault = first.found.some(({ what }) => what.includes('by default'));
    return [
      {
        at: keepalive,
        what: `upstream ${shown(pool.name)} keeps connections, but in ${placeName(first.place)}${others} ${first.found.map(({ what }) => what).join(' and ')}`,
        why: `A connection is used again only with HTTP/1.1 and a Connection header that does not close it${isDefault ? ' (the default since nginx 1.29.7)' : ''}, so here every request opens one and leaves one port behind.`,
        fix: first.found.map(({ fix }) => fix),
      },
    ];
  });
}

/** Connections to the servers. */
export const keepaliveRules: readonly Rule[] = [
  {
    id: 'keepalive-unused',
    severity: 'warning',
    meaning: 'keepalive without HTTP/1.1 and an empty Connection header keeps nothing before nginx 1.29.7',
    check: unused,
  },
];
