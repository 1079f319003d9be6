import { formatResult, ruleText } from '../figures/catalogue.js';
import { formatCount } from '../figures/format.js';
import type { Report, ThresholdResult } from '../model/report.js';
import { sanitize } from '../text/sanitize.js';

/** GitHub shows ten annotations of a kind for a step and drops the rest without a word. */
const mostOfAKind = 10;

interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
}

/**
 * Workflow commands for GitHub Actions, one a line: an error for each threshold that failed or had no data, a warning for each
 * that is inconclusive and for each warning of a run. Nothing when all is well.
 */
export function github(report: Report): string {
  return annotationText([...report.thresholds.flatMap(thresholdAnnotation), ...runWarnings(report)]);
}

/** The same for thresholds alone. */
export function thresholdAnnotations(thresholds: readonly ThresholdResult[]): string {
  return annotationText(thresholds.flatMap(thresholdAnnotation));
}

function thresholdAnnotation(result: ThresholdResult): Annotation[] {
  const { run, verdict, note } = result;
  if (verdict === 'pass') return [];
  const reason = note === undefined ? '' : ` (${sanitize(note, 300)})`;
  return [
    {
      level: verdict === 'inconclusive' ? 'warning' : 'error',
      title: `${verdict === 'no-data' ? 'no data' : verdict}: ${sanitize(ruleText(result))}`,
      message: `${sanitize(run, 100)}: ${formatResult(result)}${reason}`,
    },
  ];
}

function runWarnings({ runs }: Report): Annotation[] {
  return runs.flatMap(({ name, warnings }) =>
    warnings.map(
      ({ code, text }): Annotation => ({
        level: 'warning',
        title: `lbbench: ${sanitize(code, 40)}`,
        message: `${sanitize(name, 100)}: ${sanitize(text, 1000)}`,
      }),
    ),
  );
}

function annotationText(annotations: readonly Annotation[]): string {
  const lines = (['error', 'warning'] as const).flatMap((level) => {
    const all = annotations.filter((annotation) => annotation.level === level);
    const shown = all.length > mostOfAKind ? all.slice(0, mostOfAKind - 1) : all;
    const rest: Annotation[] =
      all.length > shown.length
        ? [
            {
              level,
              title: 'lbbench',
              message: `${formatCount(all.length - shown.length)} more are in the summary`,
            },
          ]
        : [];
    return [...shown, ...rest].map(command);
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** As @actions/core writes it: a property must also hide what ends it. */
function command({ level, title, message }: Annotation): string {
  const property = escaped(title).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return `::${level} title=${property}::${escaped(message)}`;
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
