import type { Fault, FaultKind } from '../model/fault.js';

/*
 * What a parent may call in a child is an interface `C` of functions of one argument, which types both ends.
 * The values travel by structured clone.
 */

export type Argument<C, N extends keyof C> = C[N] extends (argument: infer A) => unknown ? A : never;
export type Result<C, N extends keyof C> = C[N] extends (...args: never) => infer R ? Awaited<R> : never;

/** Parent to child. */
export interface CallMessage {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

/** Child to parent: the value, an expected failure, or a bug with its stack. */
export type ReplyMessage =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly kind: FaultKind; readonly faults: readonly Fault[] }
  | { readonly id: number; readonly stack: string };
