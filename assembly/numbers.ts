import { histogramLimitUs } from '../src/accesslog/scanner/layout';

/** What a number can be beside a value: not told, or written so that others must read it. */
export const none: i64 = -1;
export const strange: i64 = -2;

const dash: u8 = 0x2d;
const point: u8 = 0x2e;
/** Numbers of more digits may be inexact in a double, which others count in. */
const maxDigits: usize = 15;
/** A tenth of the largest number that is exact there. */
const maxScaled: i64 = 900719925474099;

/** Three digits; -1 for anything else. */
export function statusAt(starts: usize, ends: usize, variable: i32): i32 {
  const offset = (<usize>variable) << 2;
  const from = <usize>load<u32>(starts + offset);
  if (<usize>load<u32>(ends + offset) - from !== 3) return -1;
  const hundreds = digit(from);
  const tens = digit(from + 1);
  const ones = digit(from + 2);
  return hundreds > 9 || tens > 9 || ones > 9 ? -1 : <i32>(hundreds * 100 + tens * 10 + ones);
}

/** Whether a value says that there is none. */
export function isNothing(starts: usize, ends: usize, variable: i32): bool {
  const offset = (<usize>variable) << 2;
  const from = <usize>load<u32>(starts + offset);
  const length = <usize>load<u32>(ends + offset) - from;
  return length === 0 || (length === 1 && load<u8>(from) === dash);
}

/** Bytes sent, which are 0 where the line does not tell: of at most 15 digits. */
export function wholeNumber(starts: usize, ends: usize, variable: i32): i64 {
  if (variable < 0) return 0;
  const offset = (<usize>variable) << 2;
  const from = <usize>load<u32>(starts + offset);
  const to = <usize>load<u32>(ends + offset);
  if (to - from > maxDigits) return 0;
  let value: i64 = 0;
  for (let at = from; at < to; at++) {
    const next = digit(at);
    if (next > 9) return 0;
    value = value * 10 + <i64>next;
  }
  return value;
}

/** The duration of a field, which is a variable and the power of ten from its unit to microseconds. */
export function durationUs(field: usize, starts: usize, ends: usize): i64 {
  const variable = load<i32>(field);
  if (variable < 0) return none;
  const offset = (<usize>variable) << 2;
  const us = decimal(<usize>load<u32>(starts + offset), <usize>load<u32>(ends + offset), load<i32>(field, 4));
  return us < histogramLimitUs ? us : strange;
}

/** A decimal number times a power of ten, without what is finer than 1. */
export function decimal(from: usize, to: usize, power: i32): i64 {
  if (to === from || (to - from === 1 && load<u8>(from) === dash)) return none;
  if (to - from > maxDigits) return strange;
  let value: i64 = 0;
  let decimals: i32 = -1;
  for (let at = from; at < to; at++) {
    if (load<u8>(at) === point) {
      if (decimals >= 0 || to - from === 1) return strange;
      decimals = 0;
      continue;
    }
    const next = digit(at);
    if (next > 9) return strange;
    if (decimals >= 0) {
      if (decimals >= power) continue;
      decimals++;
    }
    value = value * 10 + <i64>next;
  }
  for (let i = max(0, decimals); i < power; i++) {
    if (value > maxScaled) return strange;
    value *= 10;
  }
  return value;
}

/** Above 9 for what is no digit. */
function digit(at: usize): u32 {
  return <u32>load<u8>(at) - 0x30;
}
