import type { z } from 'zod';
import { reportSchema } from '../../src/model/report.js';

/** What a strict comparison of reports with their schema finds. Paths are those of fields, without indices. */
export interface Strictness {
  /** Fields that a report has and the schema does not know. */
  readonly extra: readonly string[];
  /** Fields that the schema asks for and a report lacks. */
  readonly missing: readonly string[];
  /** Fields that no report has a value for. */
  readonly unseen: readonly string[];
}

/** Walks through the JSON of reports and their schema side by side. */
export function compareWithSchema(reports: readonly unknown[]): Strictness {
  const extra = new Set<string>();
  const missing = new Set<string>();
  const known = new Set<string>();
  const seen = new Set<string>();
  const walk = (schema: z.core.$ZodType, values: readonly unknown[], path: string): void => {
    const { def } = (schema as z.core.$ZodTypes)._zod;
    const there = values.filter((value) => value !== null && value !== undefined);
    switch (def.type) {
      case 'pipe':
        walk(def.in, there, path);
        break;
      case 'optional':
      case 'nullable':
        walk(def.innerType, there, path);
        break;
      case 'array':
        walk(def.element, there.flat(1), path);
        if (known.has(path) && there.length > 0) seen.add(path);
        break;
      case 'record':
        walk(
          def.valueType,
          there.flatMap((value) => Object.values(value as object)),
          path,
        );
        break;
      case 'object':
        for (const value of there as object[]) {
          for (const key of Object.keys(value)) if (!(key in def.shape)) extra.add(`${path}.${key}`);
          for (const [key, inner] of Object.entries(def.shape)) {
            if (!(key in value) && (inner as z.core.$ZodTypes)._zod.def.type !== 'optional') {
              missing.add(`${path}.${key}`);
            }
          }
        }
        for (const [key, inner] of Object.entries(def.shape)) {
          walk(
            inner,
            there.map((value) => (value as Record<string, unknown>)[key]),
            `${path}.${key}`,
          );
        }
        break;
      default:
        known.add(path);
        if (there.length > 0) seen.add(path);
    }
  };
  walk(reportSchema, reports, 'report');
  return { extra: [...extra], missing: [...missing], unseen: [...known].filter((path) => !seen.has(path)) };
}
