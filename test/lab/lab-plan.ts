import type { Algorithm } from '../../src/model/algorithm.js';
import type { LabPlan } from '../../src/model/plan.js';
import { parseAlgorithm } from '../../src/nginx/algorithm.js';
import { parseServerLine } from '../../src/nginx/server-line.js';
import { freePorts } from './free-port.js';

/** A plan for instant backends on free ports; each parameter text makes one server line. */
export async function labPlan(
  parameters: readonly string[],
  changes: Partial<LabPlan> = {},
): Promise<LabPlan> {
  const ports = await freePorts(parameters.length);
  return {
    balancer: 'embedded',
    nginxPath: undefined,
    workers: 1,
    zone: false,
    port: 0,
    events: [],
    servers: parameters.map((text, index) => labServer(`127.0.0.1:${ports[index]} ${text}`)),
    ...changes,
  };
}

export function labServer(text: string): LabPlan['servers'][number] {
  const line = parseServerLine(text);
  if (!line.ok) throw new Error(line.message);
  return { line: line.value, behaviour: { latencyMs: 0, jitterMs: 0, slots: undefined } };
}

export function algorithm(text: string): Algorithm {
  const parsed = parseAlgorithm(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}
