import { isUpstreamAddress } from './address.js';

/** Who served a response, as far as its `$upstream_addr` tells. */
export interface UpstreamAttempts {
  /** The last attempt's server; `undefined` when there was none, or when no server was left for it. */
  readonly served: string | undefined;
  /** Servers of the attempts before it, oldest first: failed tries, and visits before an internal redirect. */
  readonly retries: readonly string[];
  /** nginx printed the pool's own name last: it found no server to try. */
  readonly noneLeft: boolean;
}

const nothing: UpstreamAttempts = { served: undefined, retries: [], noneLeft: false };
const noRetries: readonly string[] = [];

/**
 * Reads any shape of nginx's `$upstream_addr`: one item an attempt, joined by `, ` within one visit of a pool and
 * by ` : ` between visits (error_page, X-Accel-Redirect). An item that is not an address is the pool's name, which
 * means that no server was left. `-`, an empty value and empty groups say nothing.
 *
 * The last item of the last group that is not empty served the response, also when its attempt failed and nginx
 * answered with an error: the value cannot tell, only `$upstream_status` can. A unix socket path that contains `, `
 * or ` : ` is cut there unless it is one of `sockets`, see `addressesLikeLists`.
 */
export function parseUpstreamAddr(text: string, sockets: readonly string[] = []): UpstreamAttempts {
  const value = text.trim();
  if (value === '' || value === '-') return nothing;
  // One item is by far the most common shape, so it skips the splitting.
  if (!hasSeparator(value)) {
    const isAddress = isUpstreamAddress(value);
    return { served: isAddress ? value : undefined, retries: noRetries, noneLeft: !isAddress };
  }
  const items = upstreamItems(value, sockets).flat();
  const last = items.pop();
  const retries = items.filter(isUpstreamAddress);
  if (last === undefined) return { served: undefined, retries, noneLeft: false };
  if (isUpstreamAddress(last)) return { served: last, retries, noneLeft: false };
  return { served: undefined, retries, noneLeft: last !== '' && last !== '-' };
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
export function nextItem(
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
