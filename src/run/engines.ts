import { autocannonEngine } from '../engine/autocannon/autocannon-engine.js';
import type { Engine } from '../engine/load-job.js';
import { nativeEngine } from '../engine/native/native-engine.js';
import { scriptedEngine } from '../engine/scripted/scripted-engine.js';
import type { EngineName } from '../model/plan.js';

/** Every engine, by the name a scenario gives it. */
export const engines = {
  native: nativeEngine,
  autocannon: autocannonEngine,
  scripted: scriptedEngine,
} satisfies Record<EngineName, Engine>;
