import type { Report } from '../model/report.js';

/**
 * The report as JSON (`lbbench.report/1`), indented, ending in a newline. What could not be measured is `null`: every
 * `undefined`, and also NaN and the infinities, which JSON cannot write. C1 and bidirectional controls in names from
 * outside are escaped like JSON's own C0, so that printing the text to a terminal is safe; it means the same.
 */
export function json(report: Report): string {
  return jsonText(report);
}

/** Any result by the same rules. */
export function jsonText(result: unknown): string {
  const text = JSON.stringify(result, (_key, value: unknown) => (value === undefined ? null : value), 2);
  return `${text.replace(/[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
