import { addressesLikeLists } from '../../nginx/upstream-variables.js';
import type { LineMatcher } from '../scanner/line-matcher.js';
import { matcherFor } from '../scanner/matcher.js';
import { fieldsOf, type LogFields, type TextField } from './fields.js';
import type { LogQuery, SplitBy } from './query.js';

/** What takes the lines of a query apart. */
export function lineMatcherOf(query: LogQuery): LineMatcher {
  const critical = criticalNames(query, fieldsOf(query.format));
  return matcherFor(query.format, critical, addressesLikeLists(query.knownAddresses));
}

/** What every reading of a line must agree on: what is counted, and what decides whether it is. */
function criticalNames(query: LogQuery, fields: LogFields): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (index: number | undefined) => {
    const name = index === undefined ? undefined : query.format.variables[index];
    if (name !== undefined) names.add(name);
  };
  const addField = (field: TextField | undefined) => add(field?.variable);
  add(fields.upstreamAddr);
  const { selection, by } = query;
  const uses = (split: SplitBy, patterns: readonly string[] | undefined) =>
    by === split || patterns !== undefined;
  if (uses('uri', selection.uri)) addField(fields.uri);
  if (uses('method', selection.method)) addField(fields.method);
  if (uses('host', selection.host)) addField(fields.host);
  if (uses('user-agent', selection.userAgent)) addField(fields.userAgent);
  if (uses('status', selection.status)) add(fields.status);
  return names;
}
