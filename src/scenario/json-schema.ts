import { z } from 'zod';
import { scenarioSchema } from './schema/scenario.js';

/**
 * The scenario as a JSON Schema (draft 7, which the YAML plug-ins of editors read), with a description at every key.
 * It knows types, keys and bounds; `lbbench check` also knows nginx's grammar and what must fit together.
 */
export function scenarioJsonSchema(): object {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-7', reused: 'inline' });
  return { ...schema, title: 'lbbench scenario', description: 'Input of lbbench run, lab and check.' };
}
