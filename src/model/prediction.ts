import * as z from 'zod';
import { count, figure, maybe, type Shape } from './shape.js';

const mismatch = z.object({
  request: count.describe('Number of the request in the run, from 0.'),
  key: maybe(z.string()).describe(
    'Value of the hash key, or the network that ip_hash looks at; null for methods without a key.',
  ),
  expected: z.string().describe('Address of a backend.'),
  actual: z.string().describe('Address of a backend.'),
});

const keys = z.object({
  distinct: count.describe('Distinct keys seen; at least that many when capped.'),
  perBackend: z
    .array(z.object({ address: z.string(), count }))
    .describe('Distinct keys by the backend that each was seen on first.'),
  moved: count.describe('Keys seen on more than one backend.'),
  movedRatio: figure.describe('moved / distinct; null without keys.'),
  capped: z
    .boolean()
    .describe('There were more keys than are remembered: the figures are of the first ones.'),
});

export const predictionSchema = z.object({
  checked: count.describe('Responses whose backend the model names, and that no failure makes incomparable.'),
  asPredicted: count,
  mispredicted: figure.describe('(checked - asPredicted) / checked; null when nothing was checked.'),
  notComparable: count.describe(
    'Responses near a failure, in which nginx may place elsewhere, and those that round robin decides on.',
  ),
  firstMismatch: maybe(mismatch).describe(
    'The first response that the model had elsewhere, in order of completion.',
  ),
  keys: maybe(keys).describe('What the responses say about the keys; null for methods without one.'),
});

/** How a run's placements compare with the model of nginx's method. */
export interface Prediction extends Shape<typeof predictionSchema> {}

export interface PlacementMismatch extends Shape<typeof mismatch> {}

export interface KeyFigures extends Shape<typeof keys> {}
