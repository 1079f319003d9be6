import { clientAddressRules } from './client-address.js';
import { failureRules } from './failures.js';
import { hashKeyRules } from './hash-key.js';
import { keepaliveRules } from './keepalive.js';
import { poolLineRules } from './pool-lines.js';
import type { Rule } from './rule.js';
import { streamRules } from './streams.js';
import { upstreamHeaderRules } from './upstream-header.js';
import { workerRules } from './workers.js';

/** Everything that is looked for, in the order of `docs/lint.md`. */
export const rules: readonly Rule[] = [
  ...workerRules,
  ...failureRules,
  ...poolLineRules,
  ...hashKeyRules,
  ...clientAddressRules,
  ...keepaliveRules,
  ...streamRules,
  ...upstreamHeaderRules,
];
