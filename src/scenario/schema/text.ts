import { z } from 'zod';
import { isPrintable, shown } from '../../text/shown.js';
import { grammar } from './leaf.js';

/** One line of printable text that is not empty. */
export function text(what: string, maxLength: number) {
  return grammar(what, (value) => {
    if (value.trim() !== '' && value.length <= maxLength && isPrintable(value)) return { ok: true, value };
    return {
      ok: false,
      message:
        value.length > maxLength
          ? `expected ${what} of at most ${maxLength} characters, got ${value.length}`
          : `expected ${what}, got ${shown(value)}`,
    };
  });
}

/** Text of any kind, such as a body. */
export function anyText(what: string) {
  return z.string({ error: what });
}

/** A file, relative to the scenario's own place. */
export function fileName(what: string) {
  return text(what, 4096);
}
