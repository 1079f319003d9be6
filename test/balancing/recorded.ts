import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Upstream } from '../../src/model/upstream.js';
import { parseConfig } from '../../src/nginx/config/parse.js';
import { upstreamsOf } from '../../src/nginx/upstream.js';

/** What real nginx 1.22.1 was recorded to do; `meta` and `what` in the file explain the encodings. */
export interface RecordedPicks {
  readonly uris: readonly string[];
  readonly v4: readonly string[];
  readonly v6: readonly string[];
  readonly requests_argk: readonly string[];
  readonly mapping_cases: readonly MappingCase[];
  readonly rr_sequences: { readonly cases: readonly (RecordedCase & { readonly picks: string })[] };
  readonly failure_cases: { readonly cases: readonly FailureCase[] };
  readonly concurrency_cases: { readonly cases: readonly ConcurrencyCase[] };
  readonly random_cases: { readonly cases: readonly (ConcurrencyCase & { readonly srandom_seed: number })[] };
  readonly worker_cases: { readonly cases: readonly WorkerCase[] };
  readonly chash_collision_cases: { readonly cases: readonly CollisionCase[] };
}

interface RecordedCase {
  readonly id: string;
  readonly upstream: string;
  readonly addrs: readonly string[];
}

interface MappingCase extends RecordedCase {
  readonly kind: string;
  readonly picks: string;
}

export interface FailureCase extends RecordedCase {
  readonly proxy_next_upstream: string;
  readonly location_extra: string;
  readonly rows: readonly (readonly [
    second: number,
    uri: string,
    token: string,
    upstreamStatus: string,
    status: number,
  ])[];
}

export interface ConcurrencyCase extends RecordedCase {
  readonly ops: string;
  readonly picks: string;
}

interface WorkerCase {
  readonly id: string;
  readonly upstream: string;
  readonly worker: string;
  readonly picks: string;
}

interface CollisionCase {
  readonly upstream: string;
  readonly keys: readonly string[];
  readonly picks: readonly string[];
}

export const recorded: RecordedPicks = JSON.parse(
  readFileSync(
    join(process.env.LBBENCH_CASES ?? join(import.meta.dirname, '../cases'), 'nginx-picks.json'),
    'utf8',
  ),
);

/** The one upstream block of a configuration's text. */
export function upstreamOf(text: string): Upstream {
  const config = parseConfig(text);
  if (!config.ok) throw new Error(JSON.stringify(config.faults));
  const { blocks, faults } = upstreamsOf(config.value);
  const [block, ...more] = blocks;
  if (block === undefined || more.length + faults.length + block.unmodelled.length > 0) {
    throw new Error(
      `expected one upstream block that is modelled, got ${JSON.stringify({ blocks, faults })}`,
    );
  }
  return block.upstream;
}
