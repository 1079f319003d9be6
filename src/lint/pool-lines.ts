import { shown } from '../text/shown.js';
import type { Configuration } from './configuration.js';
import type { Pool, PoolServer } from './pool.js';
import { lineOf, type Remark, type Rule, written } from './rule.js';

/** Lines of the servers that stand more than once and take requests as each other's equals. */
function repeated({ servers }: Pool): readonly (readonly PoolServer[])[] {
  const lines = new Map<string, PoolServer[]>();
  for (const line of servers) {
    // One of two that is down, or a backup, is a state that somebody has chosen.
    if (line.down) continue;
    const key = `${line.backup} ${line.address}`;
    lines.set(key, [...(lines.get(key) ?? []), line]);
  }
  return [...lines.values()].filter(({ length }) => length > 1);
}

function sum(lines: readonly PoolServer[], of: (line: PoolServer) => number): number {
  return lines.reduce((total, line) => total + of(line), 0);
}

/** One line in place of all of them. */
function merged(lines: readonly PoolServer[]): string {
  const [first] = lines;
  const rest = (first?.directive.args ?? []).filter((word) => !/^(?:weight|max_conns)=/.test(word));
  const maxConns = lines.every(({ maxConns }) => maxConns > 0) ? sum(lines, (line) => line.maxConns) : 0;
  return lineOf(
    'server',
    ...rest,
    `weight=${sum(lines, ({ weight }) => weight)}`,
    ...(maxConns > 0 ? [`max_conns=${maxConns}`] : []),
  );
}

function serverTwice({ pools }: Configuration): readonly Remark[] {
  return pools.flatMap((pool) => {
    const isConsistent = pool.algorithm?.method === 'hash' && pool.algorithm.consistent;
    return repeated(pool).map((lines) => {
      const [first, second] = lines as readonly [PoolServer, PoolServer];
      return {
        at: second.directive,
        what: `${shown(second.server)} stands ${lines.length === 2 ? 'twice' : `${lines.length} times`} in upstream ${shown(pool.name)}, first in line ${first.directive.at?.line ?? '?'}`,
        why:
          isConsistent && first.server === second.server
            ? 'A consistent hash counts equal lines once, so the server gets no greater share for it; its connections and failures are counted apart all the same.'
            : 'nginx takes the lines for servers of their own: the one behind them gets a share for each, max_conns for each, and goes on getting requests when only one of the lines has been taken out.',
        fix: [merged(lines)],
      };
    });
  });
}

function backupWithHash({ pools }: Configuration): readonly Remark[] {
  return pools.flatMap(({ name, directive, servers, algorithm, methods }) => {
    const method = methods.at(-1);
    if (algorithm === undefined || method === undefined || algorithm.method === 'least_conn') return [];
    const inner = directive.block ?? [];
    return servers
      .filter(({ backup }) => backup)
      .map((line) => ({
        at: line.directive,
        what: `backup stands in upstream ${shown(name)} beside ${method.name}`,
        why:
          inner.indexOf(line.directive) > inner.indexOf(method)
            ? `${method.name} takes no backups: nginx refuses this line and does not start.`
            : `${method.name} knows no backups: requests that no server is left for go to them round robin, whatever their key.`,
        fix: [lineOf('server', ...line.directive.args.filter((word) => word !== 'backup'))],
      }));
  });
}

function methodTwice({ pools }: Configuration): readonly Remark[] {
  return pools.flatMap(({ name, methods }) => {
    const last = methods.at(-1);
    if (last === undefined) return [];
    return methods.slice(0, -1).map((overruled) => ({
      at: overruled,
      what: `upstream ${shown(name)} has a second method, ${shown(written(last))}, which overrules this one`,
      why: 'Only the last method in an upstream block is in force; nginx starts all the same and says so in a warning only.',
      fix: [written(last)],
    }));
  });
}

function keepaliveBeforeMethod({ pools, keepsByDefault }: Configuration): readonly Remark[] {
  if (keepsByDefault) return [];
  return pools.flatMap(({ name, directive, methods, keepalive }) => {
    const inner = directive.block ?? [];
    const late = methods.at(-1);
    if (keepalive === undefined || late === undefined || inner.indexOf(keepalive) > inner.indexOf(late))
      return [];
    return [
      {
        at: keepalive,
        what: `keepalive stands before ${late.name} in upstream ${shown(name)}`,
        why: 'Before nginx 1.29.7 a method that follows keepalive switches it off, with no more than a warning about the method, so every request opens a connection of its own.',
        fix: [written(late), written(keepalive)],
      },
    ];
  });
}

/** Lines of an upstream block that do something else than they say. */
export const poolLineRules: readonly Rule[] = [
  {
    id: 'server-twice',
    severity: 'warning',
    meaning: 'a server that stands twice is two servers to nginx, and not wholly taken out',
    check: serverTwice,
  },
  {
    id: 'backup-with-hash',
    severity: 'warning',
    meaning: 'hash, ip_hash and random know no backups',
    check: backupWithHash,
  },
  {
    id: 'method-twice',
    severity: 'error',
    meaning: 'only the last of several methods is in force',
    check: methodTwice,
  },
  {
    id: 'keepalive-before-method',
    severity: 'warning',
    meaning: 'before nginx 1.29.7 a method behind keepalive switches it off',
    check: keepaliveBeforeMethod,
  },
];
