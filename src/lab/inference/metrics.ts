import type { BatchCounters } from './batch.js';

/** What a server tells of itself. */
export interface ServerState extends BatchCounters {
  readonly running: number;
  readonly waiting: number;
  /** Share of the cache that running sequences hold, 0 to 1. */
  readonly usage: number;
}

const metrics = [
  ['num_requests_running', 'gauge', 'Number of requests in model execution batches.', 'running'],
  ['num_requests_waiting', 'gauge', 'Number of requests waiting to be processed.', 'waiting'],
  ['kv_cache_usage_perc', 'gauge', 'KV-cache usage. 1 means 100 percent usage.', 'usage'],
  ['prompt_tokens_total', 'counter', 'Number of prefill tokens processed.', 'promptTokens'],
  ['generation_tokens_total', 'counter', 'Number of generation tokens processed.', 'generatedTokens'],
  ['prefix_cache_queries_total', 'counter', 'Prefix cache queries, in queried tokens.', 'cacheQueries'],
  ['prefix_cache_hits_total', 'counter', 'Prefix cache hits, in cached tokens.', 'cacheHits'],
  ['request_success_total', 'counter', 'Count of successfully processed requests.', 'finished'],
] as const;

/** The state in the words and names of vLLM's `/metrics` (Prometheus text format). */
export function metricsText(model: string, state: ServerState): string {
  const label = model.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
  return metrics
    .map(
      ([name, type, help, key]) =>
        `# HELP vllm:${name} ${help}\n# TYPE vllm:${name} ${type}\nvllm:${name}{model_name="${label}"} ${state[key]}\n`,
    )
    .join('');
}
