import { type Attempts, noAttempts } from '../model/attempts.js';
import { isPrintable } from '../text/shown.js';
import { backendOfUrl } from './address.js';
import { parseUpstreamAddr, parseUpstreamList } from './upstream-variables.js';

/** What the reader of a header knows beside its value. */
export interface AttributionContext {
  /** Names of the `upstream` blocks, when a lab or an nginx configuration tells them; else empty. */
  readonly poolNames: ReadonlySet<string>;
  /** Labels of backends that are expected, or have served before. */
  readonly isBackend?: ((label: string) => boolean) | undefined;
  /** The response's status code, where known. */
  readonly status?: number | undefined;
}

const maxLabelLength = 256;

/**
 * A name that somebody put in a header by hand, such as `$hostname`, `backend-1` or a port: trimmed, printable, 1
 * to 256 characters. `undefined` for anything else, and for `-`.
 */
export function parseBackendLabel(text: string): string | undefined {
  // Blanks around a label do not count, but a hostile value must not cost a copy of itself.
  if (text.length > 4 * maxLabelLength) return undefined;
  const label = text.trim();
  if (label === '' || label === '-' || label.length > maxLabelLength || !isPrintable(label)) return undefined;
  return label;
}

/**
 * Decides which backend a header such as X-Upstream names. In this order:
 *
 * 1. a value with at least one nginx address is `$upstream_addr`, see `parseUpstreamAddr`;
 * 2. a value that `isBackend` is a label;
 * 3. a URL, as Apache names its workers, is the backend that it leads to; `(null)` is what Apache writes without a worker;
 * 4. a value whose last item is one of `poolNames` means that no server was left; so does, when no pool names are
 *    known, any other value of a response with status 502, which is what nginx answers then;
 * 5. any other printable value of up to 256 characters is a label that names the backend.
 */
export function attributeHeader(text: string, context: AttributionContext): Attempts {
  const attempts = parseUpstreamAddr(text);
  if (attempts.kind === 'not-proxied' || attempts.backends.some((backend) => backend !== undefined))
    return attempts;
  const label = parseBackendLabel(text);
  if (label === undefined) return { kind: 'unclear', backends: [], pool: undefined };
  const { poolNames, status, isBackend } = context;
  if (isBackend?.(label) === true && !poolNames.has(label))
    return { kind: 'served', backends: [label], pool: undefined };
  if (label === '(null)') return noAttempts;
  const leadsTo = backendOfUrl(label);
  if (leadsTo !== undefined) return { kind: 'served', backends: [leadsTo], pool: undefined };
  const last = lastItem(label);
  const isPool = poolNames.size === 0 ? status === 502 : poolNames.has(label) || poolNames.has(last);
  if (isPool) return { kind: 'none-left', backends: [], pool: last };
  return { kind: 'served', backends: [label], pool: undefined };
}

function lastItem(label: string): string {
  return label.includes(', ') || label.includes(' : ')
    ? (parseUpstreamList(label).at(-1)?.at(-1) ?? '')
    : label;
}
