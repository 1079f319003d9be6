import type { Directive } from '../nginx/config/directive.js';
import { shown } from '../text/shown.js';
import { type Configuration, placeName } from './configuration.js';
import { type Remark, type Rule, written } from './rule.js';
import type { Scope } from './scope.js';

/** A line that tells the client which server has answered. */
function tellsServer({ args: [, value = ''] }: Directive): boolean {
  return /\$\{?upstream_addr\b/i.test(value);
}

/** Since nginx 1.29.3 a block may add to the lines around it. */
function merges(scope: Scope): boolean {
  return scope.setting('add_header_inherit') === 'merge';
}

function lost({ places }: Configuration): readonly Remark[] {
  const told = new Set<Directive>();
  return places.flatMap((place): readonly Remark[] => {
    const [blocking] = place.scope.inForce('add_header');
    if (blocking === undefined || told.has(blocking)) return [];
    if (place.scope.inForce('add_header').some(tellsServer) || merges(place.scope)) return [];
    const hidden = place.scope
      .outwards()
      .flatMap((scope) => scope.named('add_header'))
      .find(tellsServer);
    if (hidden === undefined) return [];
    told.add(blocking);
    return [
      {
        at: blocking,
        what: `${shown(hidden.args[0] ?? '')} of line ${hidden.at?.line ?? '?'} is lost in ${placeName(place)}, because ${shown(written(blocking))} is nearer`,
        why: 'A block with an add_header of its own inherits none, so answers from here do not say which server they are from.',
        fix: [written(always(hidden))],
      },
    ];
  });
}

function always(line: Directive): Directive {
  return line.args.includes('always') ? line : { ...line, args: [...line.args, 'always'] };
}

function notOnErrors({ places }: Configuration): readonly Remark[] {
  const lines = places.flatMap(({ scope }) => scope.inForce('add_header')).filter(tellsServer);
  return [...new Set(lines)]
    .filter(({ args }) => !args.includes('always'))
    .map((line) => ({
      at: line,
      what: `${shown(line.args[0] ?? '')} tells the server, but without always`,
      why: 'Without always nginx leaves the header out of answers 4xx and 5xx, so the errors of a server cannot be told from those of the others.',
      fix: [written(always(line))],
    }));
}

/** The header that says who has answered. */
export const upstreamHeaderRules: readonly Rule[] = [
  {
    id: 'upstream-header-lost',
    severity: 'warning',
    meaning: 'another add_header hides the one that names the server',
    check: lost,
  },
  {
    id: 'upstream-header-on-errors',
    severity: 'warning',
    meaning: 'without always the header that names the server is missing on errors',
    check: notOnErrors,
  },
];
