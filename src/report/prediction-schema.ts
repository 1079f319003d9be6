import { z } from 'zod';
import type { Prediction } from '../model/prediction.js';

const count = z.number().nonnegative();
/** `null` in JSON. */
const figure = z.nullish(count).transform((value) => value ?? undefined);
const name = z.nullish(z.string()).transform((value) => value ?? undefined);

/** A prediction as a report's JSON holds it, to the one in memory. */
export const predictionSchema = z.object({
  checked: count,
  asPredicted: count,
  mispredicted: figure,
  notComparable: count,
  firstMismatch: z
    .nullish(z.object({ request: count, key: name, expected: z.string(), actual: z.string() }))
    .transform((value) => value ?? undefined),
  keys: z
    .nullish(
      z.object({
        distinct: count,
        perBackend: z.array(z.object({ address: z.string(), count })),
        moved: count,
        movedRatio: figure,
        capped: z.boolean(),
      }),
    )
    .transform((value) => value ?? undefined),
}) satisfies z.ZodType<Prediction>;
