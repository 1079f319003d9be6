import type { Parsed } from '../../model/parsed.js';
import { shown } from '../../text/shown.js';

const perSec = { '': 1, '/s': 1, '/m': 1 / 60 } as const;

/** Far above what one machine can start. */
export const maxRatePerSec = 10_000_000;

/** Reads `200/s`, `90/m` or `200` (per second) as requests per second. */
export function parseRate(text: string): Parsed<number> {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(\/s|\/m|)$/.exec(text);
  const rate = match === null ? 0 : Number(match[1]) * perSec[match[2] as keyof typeof perSec];
  if (rate > 0 && rate <= maxRatePerSec) return { ok: true, value: rate };
  return {
    ok: false,
    message:
      rate > maxRatePerSec
        ? `expected a rate of at most ${maxRatePerSec}/s, got ${shown(text)}`
        : `expected a rate above 0 such as 200/s or 90/m, got ${shown(text)}`,
  };
}
