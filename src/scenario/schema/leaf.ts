import { z } from 'zod';
import type { Parsed } from '../../model/parsed.js';

/*
 * The building blocks of the scenario's schema. Every `error` here is the noun phrase of the fault's
 * `expected …`; `structure.ts` adds what was found.
 */

/** A whole number within bounds. */
export function integer(minimum: number, maximum: number) {
  const low = `an integer of at least ${minimum}`;
  const high = `an integer of at most ${maximum}`;
  return z
    .int({ error: (issue) => (issue.code === 'too_big' ? high : low) })
    .min(minimum, { error: low })
    .max(maximum, { error: high });
}

/** A finite number above 0, low enough that sums of many stay finite. */
export function positiveNumber(maximum: number) {
  return z
    .number({ error: 'a number above 0' })
    .positive({ error: 'a number above 0' })
    .max(maximum, { error: `a number of at most ${maximum}` });
}

/** Above any sensible weight. */
export const maxWeight = 1_000_000_000;

export function yesNo() {
  return z.boolean({ error: 'true or false' });
}

export function oneOf<const Names extends readonly [string, ...string[]]>(...names: Names) {
  return z.enum(names, { error: `one of ${names.join(', ')}` });
}

/** What a fault inside a piece of text carries beside its message. */
export interface GrammarParams {
  readonly hint: string | undefined;
  readonly offset: number | undefined;
}

/** A text in a small language of its own: the schema's output is what `parse` makes of it. */
export function grammar<T>(what: string, parse: (text: string) => Parsed<T>) {
  return z.string({ error: what }).transform((text, context): T => {
    const parsed = parse(text);
    if (parsed.ok) return parsed.value;
    const params: GrammarParams = { hint: parsed.hint, offset: parsed.offset };
    context.issues.push({ code: 'custom', message: parsed.message, input: text, params: { ...params } });
    return z.NEVER;
  });
}

/** A map with fixed keys; any other key is a fault, for which the message lists the keys there are. */
export function section<Shape extends z.core.$ZodLooseShape>(what: string, shape: Shape) {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? keys : what) });
}

/** A list that is not empty, of at most `maximum` items. */
export function list<Item extends z.ZodType>(item: Item, maximum: number, what: string) {
  return z
    .array(item, { error: what })
    .min(1, { error: what })
    .max(maximum, { error: `at most ${maximum} of them` });
}

/** A map from names of one kind to values of another. */
export function mapOf<Value extends z.ZodType>(
  what: string,
  checkKey: (key: string) => Parsed<unknown>,
  value: Value,
) {
  const key = z.string().superRefine((text, context) => {
    const parsed = checkKey(text);
    if (parsed.ok) return;
    const params: GrammarParams = { hint: parsed.hint, offset: undefined };
    context.addIssue({ code: 'custom', message: parsed.message, input: text, params: { ...params } });
  });
  return z.record(key, value, { error: what });
}
