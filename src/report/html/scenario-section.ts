import { stringify } from 'yaml';
import { formatQuantity } from '../../figures/format.js';
import type { Report } from '../../model/report.js';
import { sanitize } from '../../text/sanitize.js';
import { element, type MarkupElement } from './markup.js';

const mostScenarioCharacters = 40_000;

/** The resolved scenario as YAML, without what is not set: folded on the screen, where few will want it, and printed. */
export function scenarioSection({ scenario }: Report): MarkupElement {
  const text = stringify(withoutNulls(scenario) ?? {}, { lineWidth: 100, aliasDuplicateObjects: false });
  const cut =
    text.length > mostScenarioCharacters
      ? `${text.slice(0, mostScenarioCharacters)}\n… the rest is in the JSON report`
      : text;
  const lines = cut.split('\n');
  return element(
    'details',
    { class: 'printed' },
    element('summary', {}, `${formatQuantity(lines.length, 'line')} of YAML`),
    element('pre', { tabindex: 0 }, lines.map((line) => sanitize(line, 4000)).join('\n')),
  );
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
}
