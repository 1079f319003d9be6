import * as z from 'zod';
import { figure, type Shape } from './shape.js';

export const adviceSchema = z.object({
  algorithm: z.string().describe('The better one.'),
  over: z.string().describe('The one it is held against.'),
  asGood: z
    .array(z.string())
    .describe('Algorithms that do as well as the better one, as far as the figures can tell.'),
  evidence: z
    .object({ metric: z.enum(['errors', 'p99']), value: z.number(), other: z.number() })
    .describe('What shows it; medians of the rounds. A ratio for errors, milliseconds for p99.'),
  errorRatio: figure.describe(
    'Error ratio of both, where they are alike; null when the errors are the evidence.',
  ),
  skewPrice: figure.describe(
    "Skew that the better one has beyond chance and beyond the other's; null when it costs none.",
  ),
});

/** Which of several algorithms to take, and the evidence for it. */
export interface Advice extends Shape<typeof adviceSchema> {}
