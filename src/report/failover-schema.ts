import { z } from 'zod';
import type { FailoverReport } from '../model/failover.js';

const count = z.number().nonnegative();
const figure = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);
const absent = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

const period = z.object({
  fromMs: count,
  toMs: count,
  requests: count,
  failures: count,
  errors: count,
  retries: count,
  backends: z.array(z.object({ address: z.string(), count, share: figure, errors: count, retries: count })),
});

/** What a drill showed, as a report's JSON holds it. */
export const failoverSchema = z.object({
  events: z.array(
    z.object({
      atMs: count,
      backend: z.string(),
      action: z.enum(['stop', 'start', 'hang', 'slow', 'error']),
      startedMs: figure,
      doneMs: figure,
    }),
  ),
  outages: z.array(
    z.object({
      backend: z.string(),
      action: z.enum(['stop', 'hang', 'slow', 'error']),
      fromMs: count,
      untilMs: figure,
      maxFails: count,
      failTimeoutSec: count,
      before: period,
      during: period,
      after: absent(period),
      failedAttempts: count,
      takenOut: absent(z.object({ afterMs: count, failures: count, probes: count })),
      backMs: figure,
      keys: absent(z.object({ compared: count, owned: count, moved: count, needless: count })),
    }),
  ),
}) satisfies z.ZodType<FailoverReport>;
