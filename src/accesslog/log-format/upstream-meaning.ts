import { isUpstreamAddress } from '../../nginx/address.js';
import { nextItem, parseUpstreamAddr, upstreamItems } from '../../nginx/upstream-variables.js';
import { isPrintable } from '../../text/shown.js';

/** What a value of `$upstream_addr` says about one request. */
export interface UpstreamMeaning {
  /**
   * - `served`: the last attempt's backend;
   * - `none-left`: nginx printed the pool's name, because no backend was left;
   * - `not-proxied`: no backend was asked: a local page, a cache hit, a request refused before;
   * - `unclear`: attempts, but the last one does not name its backend.
   */
  readonly kind: 'served' | 'none-left' | 'not-proxied' | 'unclear';
  /** The attempts in order; `undefined` for one that names no backend. */
  readonly attempts: readonly (string | undefined)[];
  /** Of `none-left`: the pool's name. */
  readonly pool: string | undefined;
}

const notProxied: UpstreamMeaning = { kind: 'not-proxied', attempts: [], pool: undefined };

/** Longest name of a pool that is believed. */
const maxNameLength = 255;

/**
 * Reads `$upstream_addr`; `undefined` when nginx cannot have written it.
 *
 * @param sockets addresses of the pool that look like lists
 */
export function upstreamMeaningOf(text: string, sockets: readonly string[]): UpstreamMeaning | undefined {
  const value = text.trim();
  if (value === '' || value === '-') return notProxied;
  const { served, noneLeft } = parseUpstreamAddr(value, sockets);
  if (served === value) return { kind: 'served', attempts: [value], pool: undefined };
  const items = upstreamItems(value, sockets)
    .flat()
    .map((item) => (item === '' || item === '-' ? undefined : item));
  if (!items.every((item) => item === undefined || isUpstreamAddress(item) || isName(item))) return undefined;
  const attempts = items.map((item) => (item !== undefined && isUpstreamAddress(item) ? item : undefined));
  if (served !== undefined) return { kind: 'served', attempts, pool: undefined };
  return noneLeft
    ? { kind: 'none-left', attempts, pool: items.at(-1) }
    : { kind: 'unclear', attempts, pool: undefined };
}

/**
 * Whether nginx can have written exactly this; unlike for a value that is known to be one, no space around an item is
 * forgiven. Looks no further than the first item that is none.
 */
export function isUpstreamValue(text: string, sockets: readonly string[]): boolean {
  if (text === '' || text === '-') return true;
  for (let start = 0; start < text.length; ) {
    const { end, next } = nextItem(text, start, sockets);
    const item = text.slice(start, end);
    // A visit that reached no server is an empty group, but not the first one.
    const isEmptyVisit = item === '' && start > 0;
    if (!isEmptyVisit && item !== '-' && !isUpstreamAddress(item) && !isName(item)) return false;
    if (item.endsWith(' ') || item.startsWith(' ')) return false;
    if (next === text.length && text.endsWith(', ')) return false;
    start = next;
  }
  return true;
}

/** How many attempts a value lists; `undefined` where that is not certain, because of a space in an unknown socket path. */
export function certainAttempts(text: string, sockets: readonly string[]): number | undefined {
  const items = upstreamItems(text, sockets).flat();
  return items.some((item) => item.includes(' ') && !sockets.includes(item)) ? undefined : items.length;
}

/** As in a configuration: without what ends a word there; and a comma would make it a list. */
function isName(item: string): boolean {
  return item !== '' && item.length <= maxNameLength && isPrintable(item) && !/[\s,;|{}"']/.test(item);
}
