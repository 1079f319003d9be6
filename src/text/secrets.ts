import { escapeTemplate } from './template.js';

/** A value that must not be shown, and what is shown instead. */
export interface Secret {
  /** What it is called, such as the environment variable that it came from. */
  readonly name: string;
  readonly value: string;
}

/** Texts and everything made of them, such as a report, without the values of secrets. Anything else stays. */
export type Hide = <T>(shown: T) => T;

/** A shorter value is part of many a word: it is hidden only where it is a whole text or stands between quotes. */
const fewestInside = 4;
/** A text that was cut may hold a value's beginning only; so much of it counts as the value. */
const enoughOfValue = 12;

/** Fields that hold no text of the user's: words of a fixed list, and histograms in base64. */
const ours: ReadonlySet<string> = new Set([
  ...[
    'schema',
    'tool',
    'startedAt',
    'histogram',
    'code',
    'verdict',
    'engine',
    'model',
    'method',
    'kind',
    'severity',
  ],
]);

/**
 * Replaces each secret by its name in brackets, `[TOKEN]`: as it is, as it stands inside JSON, a URL or a template, in whatever case,
 * and where only its beginning is left because a text was cut.
 */
export function hiding(secrets: readonly Secret[]): Hide {
  const needles = secrets
    .flatMap(({ name, value }) => formsOf(value).map((form) => ({ form, instead: `[${name}]` })))
    // The longest first, so that a secret that contains another goes as a whole.
    .sort((a, b) => b.form.length - a.form.length);
  const hideText = (text: string) => {
    const whole = needles.reduce(
      (rest, { form, instead }) => without(rest, form, form.length, instead),
      text,
    );
    return needles.reduce((rest, { form, instead }) => without(rest, form, enoughOfValue, instead), whole);
  };
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') return hideText(value);
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [hideText(key), ours.has(key) ? inner : hide(inner)]),
    );
  };
  return needles.length === 0 ? (value) => value : <T>(value: T) => hide(value) as T;
}

function formsOf(value: string): string[] {
  if (value === '') return [];
  // Half of a surrogate pair has no percent-encoding.
  const url = !/\p{Cs}/u.test(value) ? [encodeURIComponent(value), encodeURI(value)] : [];
  return [...new Set([value, JSON.stringify(value).slice(1, -1), escapeTemplate(value), ...url])];
}

/** The text without a form of a value, or without its beginnings of at least so many characters. */
function without(text: string, form: string, atLeast: number, instead: string): string {
  if (form.length < fewestInside)
    return text === form ? instead : text.replaceAll(`"${form}"`, `"${instead}"`);
  if (form.length < atLeast) return text;
  const folded = fold(text);
  const wanted = fold(form);
  const beginning = wanted.slice(0, atLeast);
  let hidden = '';
  let end = 0;
  for (let at = folded.indexOf(beginning); at >= 0; at = folded.indexOf(beginning, end)) {
    hidden += text.slice(end, at) + instead;
    end = at + beginning.length;
    while (end - at < wanted.length && folded[end] === wanted[end - at]) end += 1;
  }
  return end === 0 ? text : hidden + text.slice(end);
}

/** Of one case, and as long as before. */
function fold(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
