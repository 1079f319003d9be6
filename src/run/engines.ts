import type { Engine } from '../engine/load-job.js';
import type { EngineName } from '../model/plan.js';

/** Every engine, by the name a scenario gives it; loaded when it is asked for, because autocannon is large. */
const engines = {
  native: async () => (await import('../engine/native/native-engine.js')).nativeEngine,
  autocannon: async () => (await import('../engine/autocannon/autocannon-engine.js')).autocannonEngine,
  scripted: async () => (await import('../engine/scripted/scripted-engine.js')).scriptedEngine,
} satisfies Record<EngineName, () => Promise<Engine>>;

export function engineNamed(name: EngineName): Promise<Engine> {
  return engines[name]();
}
