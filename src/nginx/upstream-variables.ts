import { type Attempts, noAttempts } from '../model/attempts.js';
import { isPrintable } from '../text/shown.js';
import { isUpstreamAddress } from './address.js';

/** Longest name of a pool that is believed. */
const maxNameLength = 255;

/**
 * Reads any shape of nginx's `$upstream_addr`: one item an attempt, joined by `, ` within one visit of a pool and
 * by ` : ` between visits (error_page, X-Accel-Redirect). An item that is not an address is the pool's name, which
 * means that no server was left. `-`, an empty value and empty groups say nothing.
 *
 * The last item of the last group that is not empty served the response, also when its attempt failed and nginx
 * answered with an error: the value cannot tell, only `$upstream_status` can. A unix socket path that contains `, `
 * or ` : ` is cut there unless it is one of `sockets`, see `addressesLikeLists`.
 */
export function parseUpstreamAddr(text: string, sockets: readonly string[] = []): Attempts {
  const value = text.trim();
  if (value === '' || value === '-') return noAttempts;
  // One item is by far the most common shape, so it skips the splitting.
  const items = hasSeparator(value) ? upstreamItems(value, sockets).flat() : [value];
  const backends = items.map((item) => (isUpstreamAddress(item) ? item : undefined));
  if (backends.at(-1) !== undefined) return { kind: 'served', backends, pool: undefined };
  const last = items.at(-1) ?? '';
  if (last === '' || last === '-') return { kind: 'unclear', backends, pool: undefined };
  return { kind: 'none-left', backends, pool: last };
}

/**
 * As `parseUpstreamAddr`, of a log's value, with the names in it; `undefined` when nginx, or what writes a backend's name
 * in its place, cannot have written it.
 */
export function loggedUpstreamAddr(text: string, sockets: readonly string[]): Attempts | undefined {
  const attempts = parseUpstreamAddr(text, sockets);
  if (attempts.backends.every((backend) => backend !== undefined)) return attempts;
  const items = upstreamItems(text, sockets).flat();
  const isNothing = (item: string) => item === '' || item === '-';
  if (!items.every((item) => isNothing(item) || isUpstreamAddress(item) || isPoolName(item)))
    return undefined;
  const isName = items.map((item) => !isNothing(item) && !isUpstreamAddress(item));
  if (!isName.includes(true) || isNothing(items.at(-1) ?? '')) return attempts;
  const backends = items.map((item) => (isNothing(item) ? undefined : item));
  return { ...attempts, named: { backends, isName } };
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
    if (!isEmptyVisit && item !== '-' && !isUpstreamAddress(item) && !isPoolName(item)) return false;
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
function isPoolName(item: string): boolean {
  return item !== '' && item.length <= maxNameLength && isPrintable(item) && !/[\s,;|{}"']/.test(item);
}

/** Of a pool's addresses those that look like lists, the longest first: only who knows them can tell them from lists. */
export function addressesLikeLists(addresses: Iterable<string>): readonly string[] {
  const alike = [...new Set(addresses)].filter((one) => hasSeparator(one) && isUpstreamAddress(one));
  return alike.sort((one, other) => other.length - one.length);
}

function hasSeparator(value: string): boolean {
  return value.includes(', ') || value.includes(' :') || value.includes(': ');
}

/**
 * Reads a sibling of `$upstream_addr` (status, response_time, connect_time, header_time, the lengths): groups of
 * attempts, aligned with the groups of `$upstream_addr`. `-` and an empty item are `undefined`; a value that is
 * not set at all (empty) has no groups.
 */
export function parseUpstreamList(text: string): (string | undefined)[][] {
  const value = text.trim();
  if (value === '') return [];
  return upstreamItems(value).map((group) =>
    group.map((item) => (item === '' || item === '-' ? undefined : item)),
  );
}

/** The items of a value as they are written, by group; empty groups are left out. */
export function upstreamItems(value: string, sockets: readonly string[] = []): string[][] {
  // Header parsers trim the space off `A : `, whose second visit never reached a server.
  const text = `${value.trim().replace(/^:(?: |$)/, '')} `.replace(/^ /, '');
  const groups: string[][] = [];
  let group: string[] = [];
  for (let start = 0; start < text.length; ) {
    const { end, next, endsVisit } = nextItem(text, start, sockets);
    group.push(text.slice(start, end).trim());
    start = next;
    if (!endsVisit && start < text.length) continue;
    // A list that was cut off.
    if (!endsVisit) group.push('');
    if (group.length > 1 || group[0] !== '') groups.push(group);
    group = [];
  }
  return groups;
}

const separator = /, | : /g;

/** The item that starts at `start`: where it ends, where the next one starts, whether a visit of a pool ends with it. */
function nextItem(
  text: string,
  start: number,
  sockets: readonly string[] = [],
): { readonly end: number; readonly next: number; readonly endsVisit: boolean } {
  separator.lastIndex = start;
  for (const socket of sockets) {
    const end = start + socket.length;
    if (!text.startsWith(socket, start) || !/^(?:, | : | ?$)/.test(text.slice(end, end + 3))) continue;
    separator.lastIndex = end;
    break;
  }
  const found = separator.exec(text);
  if (found === null) return { end: text.length, next: text.length, endsVisit: true };
  return { end: found.index, next: separator.lastIndex, endsVisit: found[0] === ' : ' };
}
