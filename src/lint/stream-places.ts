import { shown } from '../text/shown.js';
import type { Place } from './configuration.js';

/** Paths of the APIs that LLM services have: OpenAI's, Anthropic's, Ollama's, TGI's. */
const llmPath =
  /\/(?:v\d+\/(?:chat\/)?completions|chat\/completions|v\d+\/(?:messages|responses)|api\/(?:generate|chat)|generate_stream)(?:[/?$)|]|$)/i;
/** Servers of such services by the names that people give them. */
const llmName =
  /(?:vllm|sglang|ollama|llama[-_.]?cpp|lmdeploy|litellm|text-generation-inference|(?:^|[^a-z])(?:llms?|tgi)(?:[^a-z]|$))/i;
const eventPath = /\/(?:sse|event-?stream)(?:[/?$)|]|$)/i;

/**
 * What says that a place hands requests to an LLM service (`llm`), or at least that its answers are event streams
 * (`stream`): a path or a name that means nothing else. `undefined` where nothing does.
 */
export function streamWitness({ scope, pool, pass }: Place, kind: 'llm' | 'stream'): string | undefined {
  const path = scope.enclosing('location')?.block.args.at(-1) ?? '';
  if (llmPath.test(path)) return `the path ${shown(path)}`;
  const names = [pool?.name ?? pass.args[0] ?? '', ...(pool?.servers ?? []).map(({ server }) => server)];
  const named = names.find((name) => llmName.test(name));
  if (named !== undefined) return `the name ${shown(named)}`;
  if (kind === 'llm') return undefined;
  if (eventPath.test(path)) return `the path ${shown(path)}`;
  const hasType = scope.inForce('gzip_types').some(({ args }) => args.includes('text/event-stream'));
  return hasType ? 'text/event-stream in gzip_types' : undefined;
}
