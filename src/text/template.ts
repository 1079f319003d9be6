import type { Parsed } from '../model/parsed.js';
import type { FieldForm } from '../model/plan.js';
import { shown } from './shown.js';

/** A text in which some parts are drawn anew for each request. */
export interface Template {
  /** The text around the draws, one more than those. */
  readonly literals: readonly string[];
  readonly draws: readonly Draw[];
}

/** What stands for a part of a text. */
export type Draw =
  /** `{1..500}`: a whole number, both ends included. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  /** `{uuid}`: of version 4, in lower case. */
  | { readonly kind: 'uuid' }
  /** `{seq}`: the number of the request in its run, from 1. */
  | { readonly kind: 'seq' }
  /** `{user}`: a field of the record that the request takes from a data file. */
  | {
      readonly kind: 'field';
      readonly field: string;
      readonly form: FieldForm;
      /** 0-based, in the text as written. */
      readonly offset: number;
    };

/** Ends of so many digits stay exact. */
const maxDigits = 15;

const word = '[\\w.-]+';
const inText = new RegExp(`\\{\\{(${word})\\}\\}|\\{(${word})\\}`, 'g');
/** Beside these a JSON text that is a field and nothing else: its quotes go, unless it is a key. */
const inJson = new RegExp(`\\{\\{(${word})\\}\\}|(?<!\\\\)"\\{(${word})\\}"(?!\\s*:)|\\{(${word})\\}`, 'g');

/**
 * Takes a text apart. A brace expression is a word in braces, `{1..500}`, `{uuid}`, `{seq}`, or the field of a record; any
 * other brace is itself, so that JSON may stand in a text. The text `{word}` is written `{{word}}`. Fails on what looks
 * like a range and is none.
 *
 * @param form what becomes of the fields in it
 */
export function parseTemplate(text: string, form: FieldForm): Parsed<Template> {
  const literals: string[] = [];
  const draws: Draw[] = [];
  let literal = '';
  let end = 0;
  for (const match of text.matchAll(form === 'json' ? inJson : inText)) {
    const [whole, escaped, first = '', second = ''] = match;
    const offset = match.index;
    literal += text.slice(end, offset);
    end = offset + whole.length;
    if (escaped !== undefined) {
      literal += `{${escaped}}`;
      continue;
    }
    const isQuoted = whole.startsWith('"');
    const name = first === '' ? second : first;
    const draw = drawOf(name, form, isQuoted ? offset + 1 : offset, isQuoted);
    if (!draw.ok) return draw;
    const { value } = draw;
    // Only a field can be anything but a text.
    const keepsQuotes = isQuoted && value.kind !== 'field';
    literals.push(keepsQuotes ? `${literal}"` : literal);
    draws.push(value);
    literal = keepsQuotes ? '"' : '';
  }
  literals.push(literal + text.slice(end));
  return { ok: true, value: { literals, draws } };
}

/** How fields go into a body: one that is JSON stays JSON. */
export function bodyForm(text: string): 'json' | 'text' {
  try {
    JSON.parse(text);
    return 'json';
  } catch {
    return 'text';
  }
}

/** A text that stands for itself, written so that nothing in it is drawn. */
export function escapeTemplate(text: string): string {
  return text.replace(new RegExp(`\\{${word}\\}`, 'g'), '{$&}');
}

function drawOf(name: string, form: FieldForm, offset: number, isQuoted: boolean): Parsed<Draw> {
  if (name === 'uuid' || name === 'seq') return { ok: true, value: { kind: name } };
  if (name.includes('..')) return rangeOf(name, offset);
  const isWhole = form === 'path' && offset === 0;
  const ownForm = isQuoted ? 'json-value' : isWhole ? 'target' : form;
  return { ok: true, value: { kind: 'field', field: name, form: ownForm, offset } };
}

function rangeOf(name: string, offset: number): Parsed<Draw> {
  const match = /^(\d+)\.\.(\d+)$/.exec(name);
  if (match === null) {
    return {
      ok: false,
      message: `expected a range such as {1..500}, got ${shown(`{${name}}`)}`,
      hint: `the text {${name}} is written {{${name}}}`,
      offset,
    };
  }
  const [from, to] = [Number(match[1]), Number(match[2])];
  if (to < from) {
    return {
      ok: false,
      message: `expected a range that ascends, got ${shown(`{${name}}`)}`,
      hint: `write {${to}..${from}}`,
      offset,
    };
  }
  if (Math.max(match[1]?.length ?? 0, match[2]?.length ?? 0) > maxDigits) {
    return {
      ok: false,
      message: `expected numbers of at most ${maxDigits} digits, got ${shown(`{${name}}`)}`,
      hint: 'narrow the range',
      offset,
    };
  }
  return { ok: true, value: { kind: 'range', from, to } };
}
