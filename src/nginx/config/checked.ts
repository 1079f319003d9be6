import type { Fault } from '../../model/fault.js';

/** What was read from a configuration, or everything that is wrong with it. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };
