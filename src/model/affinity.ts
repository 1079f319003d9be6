import * as z from 'zod';
import { count, figure, type Shape } from './shape.js';

export const affinitySchema = z.object({
  by: z.enum(['session']),
  turns: count.describe('Turns behind the first of a session, of which the backend is known.'),
  kept: count.describe('Of them, those that went where the turn before went.'),
  ratio: figure.describe('kept / turns.'),
  low: figure.describe('Where the true ratio lies with 99 % confidence, by Clopper and Pearson.'),
  high: figure,
  chance: figure.describe(
    'What a balancer that knows nothing of sessions would keep: the sum of the squares of the shares.',
  ),
  sessions: count.describe('Sessions of which any backend is known.'),
  movedSessions: count.describe('Of them, those that did not stay on one backend.'),
  coldPrefixes: count.describe(
    'Times that a session came to a backend for the first time: what was said before is in no cache there.',
  ),
  avoidableMisses: count.describe('Of them, those that were not the first of their session.'),
});

/** Whether the turns of sessions stayed where they began. */
export interface AffinityReport extends Shape<typeof affinitySchema> {}
