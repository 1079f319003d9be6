import { isUpstreamAddress } from '../../nginx/address.js';
import { isPrintable } from '../../nginx/shown.js';
import { parseUpstreamAddr, parseUpstreamList } from '../../nginx/upstream-variables.js';

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
}

const notProxied: UpstreamMeaning = { kind: 'not-proxied', attempts: [] };

/** Longest name of a pool that is believed. */
const maxNameLength = 255;

/** Reads `$upstream_addr`; `undefined` when nginx cannot have written it. */
export function upstreamMeaningOf(text: string, known: ReadonlySet<string>): UpstreamMeaning | undefined {
  const value = text.trim();
  if (value === '' || value === '-') return notProxied;
  const { served, noneLeft } = parseUpstreamAddr(value, known);
  if (served === value) return { kind: 'served', attempts: [value] };
  const items = parseUpstreamList(value).flat();
  if (!items.every((item) => item === undefined || isUpstreamAddress(item) || isName(item))) return undefined;
  const attempts = items.map((item) => (item !== undefined && isUpstreamAddress(item) ? item : undefined));
  return { kind: served !== undefined ? 'served' : noneLeft ? 'none-left' : 'unclear', attempts };
}

function isName(item: string): boolean {
  return item.length <= maxNameLength && isPrintable(item) && !/[\s"]/.test(item);
}
