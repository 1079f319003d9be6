import * as z from 'zod';
import { count, figure, maybe, type Shape } from './shape.js';

export const latencySchema = z.object({
  count,
  min: figure,
  mean: figure,
  stddev: figure,
  max: figure,
  p50: figure,
  p66: figure,
  p75: figure,
  p80: figure,
  p90: figure,
  p95: figure,
  p98: figure,
  p99: figure,
  p999: figure,
  histogram: maybe(z.string()).describe('HdrHistogram V2, compressed, base64, values in microseconds.'),
});

/**
 * The figures of one latency distribution, in milliseconds.
 * Percentiles come from an HDR histogram with 3 significant digits; count, min, mean, stddev and max are exact.
 * With no samples every figure but `count` is `undefined`; `stddev` (n - 1) needs two.
 */
export interface LatencySummary extends Shape<typeof latencySchema> {}
