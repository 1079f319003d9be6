import type { Directive } from '../nginx/config/directive.js';
import { shown } from '../text/shown.js';
import type { Configuration } from './configuration.js';
import { isBalanced, isTakenOut } from './pool.js';
import { lineOf, type Remark, type Rule } from './rule.js';

const minuteSec = 60;
/** A ban of one minute may be meant; nobody waits for more on purpose while requests come in. */
const longSec = 2 * minuteSec;
/** From here on a server that fails is as good as gone. */
const goneSec = 10 * minuteSec;

/** `from` and `below` bound fail_timeout, in seconds. */
function failTimeout(from: number, below: number): Rule['check'] {
  return ({ pools }) =>
    pools.filter(isTakenOut).flatMap((pool) =>
      pool.servers
        .filter(({ maxFails, failTimeoutSec: sec }) => maxFails > 0 && sec >= from && sec < below)
        .map(({ directive, server, maxFails, failTimeoutSec }) => ({
          at: directive,
          what: `server ${shown(server)} has max_fails=${maxFails} and fail_timeout=${failTimeoutSec}s`,
          why: `${maxFails === 1 ? 'One failure' : `${maxFails} failures`} within ${inWords(failTimeoutSec)} take the server out for ${inWords(failTimeoutSec)}, however soon it is well again, and the others get its share.`,
          fix: [lineOf('server', ...directive.args.map(shortened))],
        })),
    );
}

function shortened(word: string): string {
  return word.startsWith('fail_timeout=') ? 'fail_timeout=10s' : word;
}

function inWords(seconds: number): string {
  const minutes = seconds / minuteSec;
  return minutes < 120 ? `${rounded(minutes)} min` : `${rounded(minutes / 60)} h`;
}

function rounded(value: number): string {
  return String(Number(value.toFixed(1)));
}

/** The lines in force at places with something to balance, each once. */
function nextUpstreamLines({ places }: Configuration, condition: string): readonly Directive[] {
  const lines = places
    .filter(({ pool }) => pool !== undefined && isBalanced(pool))
    .flatMap(({ scope }) => scope.inForce('proxy_next_upstream'))
    .filter(({ args }) => args.includes(condition) && !args.includes('off'));
  return [...new Set(lines)];
}

function without(condition: string, { name, args }: Directive): string {
  const rest = args.filter((word) => word !== condition);
  return rest.length === 0 ? lineOf(name, 'error', 'timeout') : lineOf(name, ...rest);
}

function overload(configuration: Configuration): readonly Remark[] {
  return nextUpstreamLines(configuration, 'http_429').map((line) => ({
    at: line,
    what: 'proxy_next_upstream counts an answer 429 as a failure',
    why: 'A server that answers 429 because it is busy is taken out by max_fails as if it were dead, and its load makes the others busy next.',
    fix: [without('http_429', line)],
  }));
}

function repeatedPosts(configuration: Configuration): readonly Remark[] {
  return nextUpstreamLines(configuration, 'non_idempotent').map((line) => ({
    at: line,
    what: 'proxy_next_upstream repeats POST requests (non_idempotent)',
    why: 'A POST that a server has begun to work on is sent to another one when the first fails or takes too long, so the work is done twice.',
    fix: [without('non_idempotent', line)],
  }));
}

/** What nginx makes of a server's failures. */
export const failureRules: readonly Rule[] = [
  {
    id: 'fail-timeout-of-hours',
    severity: 'error',
    meaning: 'a few failures take a server out for ten minutes or more',
    check: failTimeout(goneSec, Number.POSITIVE_INFINITY),
  },
  {
    id: 'fail-timeout-of-minutes',
    severity: 'warning',
    meaning: 'a few failures take a server out for minutes',
    check: failTimeout(longSec, goneSec),
  },
  {
    id: 'overload-takes-out',
    severity: 'warning',
    meaning: 'a server that says it is busy (429) is taken out as if it were dead',
    check: overload,
  },
  {
    id: 'post-repeated',
    severity: 'warning',
    meaning: 'a POST that fails is sent to a second server, which does the work again',
    check: repeatedPosts,
  },
];
