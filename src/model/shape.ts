import * as z from 'zod';

/** The words that the shape of a report is written in. Only what reads a report or prints its schema loads them. */

/** How often, how many, how much: never negative, always known. */
export const count = z.number().nonnegative();

/** By some name: a status code, an address. */
export const counts = z.record(z.string(), count);

/** `null` in JSON and a field that an older version did not write are both `undefined`: not measured. */
export function maybe<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** The same for what not every report is about, so that who makes a report may leave it out. */
export function optional<T extends z.ZodType>(schema: T) {
  return maybe(schema).optional();
}

/** A figure that may not have been measured; it cannot be negative. */
export const figure = maybe(count);

/** The same that may be below 0: a deviation, a moment before another. */
export const signedFigure = maybe(z.number());

/** A part of a whole, from 0 to 1, that may not have been measured. */
export const portion = maybe(z.number().min(0).max(1));

/** What is read by a schema, which nobody changes any more. */
export type Shape<Schema extends z.ZodType> = Unchanging<z.output<Schema>>;

type Unchanging<T> = T extends object ? { readonly [Key in keyof T]: Unchanging<T[Key]> } : T;
