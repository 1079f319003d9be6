import * as z from 'zod';
import { _check } from 'zod/v4/core';
import type { Parsed } from '../../model/parsed.js';
import { isPrintable, shown } from '../../text/shown.js';
import { parseCount } from '../grammar/quantity.js';

/*
 * The building blocks of the scenario's schema. Every `error` here is the noun phrase of the fault's
 * `expected …`; `schema-fault.ts` adds what was found.
 *
 * A mistake in one place must not hide what is wrong elsewhere, so every map and list goes on without its wrong parts:
 * one pass finds all faults and leaves everything that is right.
 */

/** Runs whatever was found wrong before. */
const always = { when: () => true } as const;

/**
 * The condition of a map or list that lets it do without its wrong parts; the issues stay. Where it cannot, the whole of
 * it is a wrong part of what is around it.
 *
 * @param leaveOut makes the part at `key` what it is when left out; false when it may not be
 */
function goOn(leaveOut: (value: object, key: PropertyKey) => boolean) {
  return _check<object>(({ value, issues }) => {
    for (const issue of issues) {
      const [key, ...deeper] = issue.path ?? [];
      // An unknown key does not make wrong what it stands in, and what is further down was settled there.
      const isSettled = deeper.length === 0 ? issue.code === 'unrecognized_keys' : issue.continue === true;
      if (key === undefined || isSettled) continue;
      // `undefined`, because an issue with false would keep the conditions further up from running.
      Object.assign(issue, { continue: leaveOut(value, key) || undefined });
    }
  }, always);
}

/** A whole number within bounds. Not zod's own, whose issue says that no condition may run any more. */
export function integer(minimum: number, maximum: number) {
  const low = `an integer of at least ${minimum}`;
  const high = `an integer of at most ${maximum}`;
  return z
    .number({ error: low })
    .check(({ value, issues }) => {
      if (Number.isInteger(value)) return;
      issues.push({ code: 'invalid_type', expected: 'int', message: low, input: value });
    })
    .min(minimum, { error: low })
    .max(maximum, { error: high })
    .meta({ type: 'integer' });
}

/** The same, also written as `10k` or `1.5M`. */
export function count(minimum: number, maximum: number) {
  return z.union(
    [
      integer(minimum, maximum),
      grammar(
        `an integer of at least ${minimum}`,
        (text) => parseCount(text, minimum, maximum),
        '^\\d+(\\.\\d+)?[kM]?$',
      ),
    ],
    { error: `an integer of at least ${minimum}` },
  );
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

/**
 * A text in a small language of its own: the schema's output is what `parse` makes of it.
 *
 * @param pattern for the published schema: what such a text looks like, where that tells it from another form
 */
export function grammar<T>(what: string, parse: (text: string) => Parsed<T>, pattern?: string) {
  const string = z.string({ error: what });
  return (pattern === undefined ? string : string.meta({ pattern })).transform((text, context): T => {
    const parsed = parse(text);
    if (parsed.ok) return parsed.value;
    const params: GrammarParams = { hint: parsed.hint, offset: parsed.offset };
    context.issues.push({ code: 'custom', message: parsed.message, input: text, params: { ...params } });
    return z.NEVER;
  });
}

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

/**
 * A map with fixed keys; any other key is a fault, for which the message lists the keys there are. Where the value of a
 * key is wrong, it goes on as if the key were left out.
 *
 * @param standIns what to go on with where a key is wrong that cannot be left out
 */
export function section<Shape extends z.core.$ZodLooseShape>(
  what: string,
  shape: Shape,
  standIns: Readonly<Record<string, unknown>> = {},
) {
  const keys = Object.keys(shape).join(', ');
  return z
    .strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? keys : what) })
    .check(
      goOn((value, key) => {
        const name = String(key);
        const leftOut = shape[name]?._zod.run({ value: undefined, issues: [] }, { async: false });
        if (Object.hasOwn(standIns, name)) return Reflect.set(value, name, standIns[name]);
        if (leftOut === undefined || leftOut instanceof Promise || leftOut.issues.length > 0) return false;
        return Reflect.set(value, name, leftOut.value);
      }),
    );
}

/**
 * A list that is not empty, of at most `maximum` items. Wrong items leave holes, so that the others keep their places:
 * `forEach`, `map`, `every` and their kin pass over a hole, `find` and `for … of` do not.
 */
export function list<Item extends z.ZodType>(item: Item, maximum: number, what: string) {
  return listOf(item, maximum, what).min(1, { error: what });
}

/** The same, and it may be empty. */
export function listOf<Item extends z.ZodType>(item: Item, maximum: number, what: string) {
  return z
    .array(item, { error: what })
    .check(goOn(Reflect.deleteProperty))
    .max(maximum, { error: `at most ${maximum} of them` });
}

/**
 * A map from names of one kind to values of another.
 *
 * @param otherForm names that belong to another form of the same thing: with one of them, this is not the form meant
 */
export function mapOf<Value extends z.ZodType>(
  what: string,
  checkKey: (key: string) => Parsed<unknown>,
  value: Value,
  otherForm: readonly string[] = [],
) {
  const key = z.string().superRefine((text, context) => {
    const parsed = checkKey(text);
    if (parsed.ok) return;
    const params: GrammarParams = { hint: parsed.hint, offset: undefined };
    context.addIssue({ code: 'custom', message: parsed.message, input: text, params: { ...params } });
  });
  return z
    .record(key, value, { error: what })
    .check(goOn((map, name) => !otherForm.includes(String(name)) && Reflect.deleteProperty(map, name)));
}
