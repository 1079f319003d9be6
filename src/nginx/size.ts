import type { Parsed } from '../model/parsed.js';
import { shown } from '../text/shown.js';

/** Reads an nginx size in bytes: `8192`, `64k`, `1m`. */
export function parseSizeBytes(text: string): Parsed<number> {
  const match = /^(\d{1,12})([kKmM]?)$/.exec(text);
  if (match === null) return { ok: false, message: `expected a size such as 64k or 1m, got ${shown(text)}` };
  const unit = (match[2] ?? '').toLowerCase();
  return { ok: true, value: Number(match[1]) * (unit === 'k' ? 1024 : unit === 'm' ? 1024 * 1024 : 1) };
}
