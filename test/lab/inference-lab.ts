import { type Lab, startLab } from '../../src/lab/lab.js';
import type { InferenceBehaviour, LabPlan, ProxyPlan } from '../../src/model/plan.js';
import type { Warning } from '../../src/model/warning.js';
import { algorithm, labPlan } from './lab-plan.js';

/** A server that streams a token an event in real time and keeps nothing, but for what a test is about. */
export function inference(changes: Partial<InferenceBehaviour> = {}): InferenceBehaviour {
  return {
    preset: '8b-h100',
    slots: 8,
    cacheTokens: 0,
    speed: 1,
    head: 'early',
    role: 'with-first',
    reasoningTokens: 0,
    tokensPerEvent: 1,
    usage: 'asked',
    isUnbuffered: false,
    cut: undefined,
    error: undefined,
    ...changes,
  };
}

/** A proxy that is left as the balancer makes it, but for what a test is about. */
export function proxyOf(changes: Partial<ProxyPlan>): ProxyPlan {
  return {
    buffering: undefined,
    httpVersion: undefined,
    readTimeoutMs: undefined,
    gzip: false,
    tls: false,
    needsNginx: undefined,
    ...changes,
  };
}

/** A lab over so many inference servers that are alike. */
export async function startInferenceLab(
  count: number,
  llm: InferenceBehaviour,
  {
    method = 'round_robin',
    onWarning = () => {},
    ...changes
  }: Partial<LabPlan> & {
    readonly method?: string;
    readonly onWarning?: (warning: Warning) => void;
  } = {},
): Promise<Lab> {
  const plan = await labPlan(Array<string>(count).fill(''), changes);
  const behaviour = { latencyMs: 0, jitterMs: 0, slots: undefined, llm };
  const servers = plan.servers.map(({ line }) => ({ line, behaviour }));
  return startLab({ ...plan, servers }, { seed: 1, algorithm: algorithm(method), onWarning });
}

/** What a server says of itself, by vLLM's names without their prefix. */
export async function metricsOf(address: string): Promise<(name: string) => number> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return (name) => Number(new RegExp(`^vllm:${name}\\{.*\\} (.*)$`, 'm').exec(text)?.[1]);
}
