import type { Attribution } from '../../model/plan.js';
import { knownFormats } from '../../nginx/known-log-formats.js';
import { attributionFormatHint, compileLogFormat, missingForAttribution } from '../../nginx/log-format.js';
import { shown } from '../../text/shown.js';
import { parsePattern } from '../grammar/body-attribution.js';
import type { CheckedScenario } from '../schema/scenario.js';
import type { ResolveContext } from './context.js';

type AttributionInput = NonNullable<CheckedScenario['attribution']>;
type BodyMap = Exclude<NonNullable<AttributionInput['body']>, { by: unknown }>;

const defaultHeader = 'x-upstream';

export function resolveAttribution(
  input: AttributionInput | undefined,
  context: ResolveContext,
): Attribution {
  const { header, log, format, body } = input ?? {};
  const { faults, files } = context;
  if (body !== undefined && (header !== undefined || log !== undefined)) {
    faults.add({
      path: ['attribution', 'body'],
      blame: 'key',
      message: `expected one of header, log and body, got ${header === undefined ? 'log' : 'header'} and body`,
      hint: 'keep the one that tells the backend',
    });
  }
  if (format !== undefined && log === undefined) {
    faults.add(
      {
        path: ['attribution', 'format'],
        blame: 'key',
        message: 'expected a log beside format, got none',
        hint: 'add log: /var/log/nginx/access.log',
      },
      ['attribution', 'log'],
    );
  }
  const headerName = header?.toLowerCase() ?? defaultHeader;
  if (body !== undefined) return 'by' in body ? body : joinPattern(body, context);
  if (format !== undefined && log !== undefined) checkFormat(format, context);
  if (log !== undefined) return { by: 'log', file: files.resolve(log), format, header: headerName };
  return { by: 'header', name: headerName };
}

/** Refuses a log_format whose lines cannot be taken apart, or do not tell the run's requests and their backends. */
function checkFormat(text: string, { faults }: ResolveContext): void {
  const path = ['attribution', 'format'];
  const known = Object.hasOwn(knownFormats, text) ? knownFormats[text] : undefined;
  const parsed = known === undefined ? compileLogFormat(text) : { ok: true as const, value: known };
  if (!parsed.ok) {
    faults.add({ path, blame: 'value', message: parsed.message, hint: parsed.hint });
    return;
  }
  const missing = missingForAttribution(parsed.value);
  if (missing === undefined) return;
  const message = `expected a log_format with ${missing}, got ${shown(text)}`;
  faults.add({ path, blame: 'value', message, hint: attributionFormatHint });
}

/** Pattern and flags are checked together, because a flag decides what a pattern may hold. */
function joinPattern({ pointer, pattern, flags }: BodyMap, { faults }: ResolveContext) {
  const path = ['attribution', 'body'] as const;
  const fallback = { by: 'body-pointer', pointer: '' } as const;
  if ((pointer === undefined) === (pattern === undefined)) {
    const message = `expected one of pointer and pattern, got ${pointer === undefined ? 'neither' : 'both'}`;
    faults.add({ path, blame: 'value', message }, path);
    return fallback;
  }
  if (pointer !== undefined) {
    if (flags !== undefined) {
      faults.add({
        path: [...path, 'flags'],
        blame: 'key',
        message: 'expected flags only beside a pattern, got them beside a pointer',
      });
    }
    return pointer;
  }
  const source = pattern?.by === 'body-pattern' ? pattern.pattern : '';
  const joined = parsePattern(source, flags ?? '');
  if (joined.ok) return joined.value;
  faults.add({ path: [...path, 'flags'], blame: 'value', message: joined.message, hint: joined.hint });
  return fallback;
}
