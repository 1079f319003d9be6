import * as z from 'zod';
import { count, figure, type Shape } from './shape.js';

/** What one machine did of a load that several sent together. */
export const agentSchema = z.object({
  name: z.string(),
  seat: count.describe('Which of the parts it did, from 0.'),
  node: z.string().describe('The version of Node it ran on.'),
  threads: figure.describe('Threads it sent from; null when it did not come that far.'),
  addresses: z.array(z.string()).describe('Where its requests came from, as far as it knew itself.'),
  state: z
    .enum(['done', 'lost', 'fenced'])
    .describe(
      'lost: not heard of again; fenced: it was out of touch for longer than its lease and stopped by itself.',
    ),
  started: count.describe('Requests it is known to have started.'),
  rps: figure.describe('Responses a second.'),
  serviceP99Ms: figure,
  lost: count.describe('Requests it was given and of which nothing was heard: at most so many were sent.'),
  lostFromMs: figure.describe('Since the start of the run, the last word from it; null unless it was lost.'),
  startLateMs: figure.describe('How much later than agreed it began.'),
  clockBoundMs: figure.describe('The common start is known to it with this error at most.'),
});

export type AgentReport = Shape<typeof agentSchema>;
