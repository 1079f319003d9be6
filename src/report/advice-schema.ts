import { z } from 'zod';
import type { Advice } from '../model/advice.js';

const figure = z.nullish(z.number()).transform((value) => value ?? undefined);

/** Advice as a report's JSON holds it, to the one in memory. */
export const adviceSchema = z.object({
  algorithm: z.string(),
  over: z.string(),
  asGood: z.array(z.string()),
  evidence: z.object({ metric: z.enum(['errors', 'p99']), value: z.number(), other: z.number() }),
  errorRatio: figure,
  skewPrice: figure,
}) satisfies z.ZodType<Advice>;
