import { shown } from '../text/shown.js';

/** Steps from the root of a document to a value: map keys and 0-based list indexes. */
export type Path = readonly (string | number)[];

/**
 * A path for people: `load.concurrency`, `requests[2].path`; a key that is no plain word is quoted,
 * `expect["127.0.0.1:8001"]`. Empty for the root.
 */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(step)) return `[${shown(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

/** Where something stands in a text; both 1-based, columns in UTF-16 units as editors count them. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Which end of a `key: value` pair is to blame: the value when it is wrong, the key when it should not be there. */
export type Blame = 'key' | 'value';
