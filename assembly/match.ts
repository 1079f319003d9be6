import {
  checkAllowed,
  checkBehindSpace,
  checkSize,
  checkVariable,
  programChecks,
  programChecksEnd,
  programEnds,
  programMissed,
  programStarts,
  programSteps,
  programStepsEnd,
  stepBackward,
  stepBackwardEnd,
  stepBefore,
  stepByte,
  stepEscaped,
  stepForward,
  stepHead,
  stepKind,
  stepLength,
  stepLiteral,
  stepMask,
  stepSize,
  stepStatus,
  stepText,
  stepVariable,
  stepWidth,
} from '../src/accesslog/scanner/layout';

const lineFeed: u8 = 0x0a;
const carriageReturn: u8 = 0x0d;
const space: u8 = 0x20;
const backslash: u8 = 0x5c;
const comma: u8 = 0x2c;
const colon: u8 = 0x3a;

/**
 * Takes the line apart that starts at `start`, by the steps of a program. Gives back where the next line starts; 0 when the line
 * does not fit. The memory must hold the line's line feed, which ends every search: no value holds a control character, as
 * balancers escape them, so that each search for the end of a value stops at one.
 */
export function match(program: usize, start: usize): usize {
  const starts = <usize>load<u32>(program, programStarts);
  const ends = <usize>load<u32>(program, programEnds);
  const last = <usize>load<u32>(program, programStepsEnd);
  let step = <usize>load<u32>(program, programSteps);
  let p = start;
  let next: usize = 0;
  for (; step < last; step += stepSize) {
    const kind = load<i32>(step, stepKind);
    let q: usize = p;
    if (kind >= stepForward) {
      q = kind === stepEscaped ? findUnescaped(p, step) : find(p, step);
      if (load<u8>(q) !== load<u8>(step, stepByte)) break;
      q -= load<u32>(step, stepBefore);
      if (q < p) break;
    } else if (kind === stepStatus) {
      if (!isDigit(load<u8>(p)) || !isDigit(load<u8>(p, 1)) || !isDigit(load<u8>(p, 2))) break;
      q = p + 3;
    } else if (kind !== stepLiteral) {
      q = findEnd(p);
      next = q + 1;
      if (q > p && load<u8>(q - 1) === carriageReturn) q--;
      q -= load<u32>(step, stepBefore);
      if (q < p) break;
    }
    if (!isLiteral(step, q)) break;
    if (kind !== stepLiteral) {
      const end = backwards(step, p, q, starts, ends);
      if (end === 0) break;
      const variable = (<usize>load<u32>(step, stepVariable)) << 2;
      store<u32>(starts + variable, <u32>p);
      store<u32>(ends + variable, <u32>end);
    }
    p = q + load<u32>(step, stepLength);
  }
  if (step === last) {
    if (next === 0) {
      if (load<u8>(p) === carriageReturn) p++;
      if (load<u8>(p) === lineFeed) next = p + 1;
    }
    if (next !== 0 && isUsual(program, starts, ends)) return next;
  }
  store<u32>(program, <u32>step, programMissed);
  return 0;
}

/** The values between `p` and `q`, from the right. @returns where the first of them ends; 0 when they do not fit */
function backwards(step: usize, p: usize, q: usize, starts: usize, ends: usize): usize {
  let r = q;
  const last = <usize>load<u32>(step, stepBackwardEnd);
  for (let back = <usize>load<u32>(step, stepBackward); back < last; back += stepSize) {
    const width = load<i32>(back, stepWidth);
    const length = <usize>load<u32>(back, stepLength);
    let k: usize;
    if (width >= 0) {
      k = r - <usize>width;
    } else {
      const byte = load<u8>(back, stepByte);
      k = r - 1;
      while (k >= p && load<u8>(k) !== byte) k--;
      k += length - <usize>load<u32>(back, stepBefore);
    }
    if (k < p + length || k > r || !isLiteral(back, k - length)) return 0;
    const variable = (<usize>load<u32>(back, stepVariable)) << 2;
    store<u32>(starts + variable, <u32>k);
    store<u32>(ends + variable, <u32>r);
    r = k - length;
  }
  return r;
}

/** Of programs for lines in which everything is as usual: whether it is. */
function isUsual(program: usize, starts: usize, ends: usize): bool {
  const last = <usize>load<u32>(program, programChecksEnd);
  for (let check = <usize>load<u32>(program, programChecks); check < last; check += checkSize) {
    const variable = (<usize>load<u32>(check, checkVariable)) << 2;
    const allowed = <usize>load<u32>(check, checkAllowed);
    const start = <usize>load<u32>(starts + variable);
    const end = <usize>load<u32>(ends + variable);
    if (load<u32>(check, checkBehindSpace) !== 0 && isBehindSeparator(start)) return false;
    for (let at = start; at < end; at++) if (load<u8>(allowed + <usize>load<u8>(at)) === 0) return false;
    // A longer value would go on here.
    if (load<u8>(end) === space && load<u8>(end, 1) === colon && load<u8>(end, 2) === space) return false;
  }
  return true;
}

/**
 * The first byte from `at` on that is the step's, or a control character. Most values are shorter than what is looked at
 * together, so that few searches take a turn that nobody can foresee.
 */
function find(at: usize, step: usize): usize {
  const wanted = v128.load8_splat(step, stepByte);
  const control = i8x16.splat(0x1f);
  let from = at;
  while (true) {
    const one = v128.load(from);
    const other = v128.load(from, 16);
    const hits =
      i8x16.bitmask(v128.or(i8x16.eq(one, wanted), i8x16.le_u(one, control))) |
      (i8x16.bitmask(v128.or(i8x16.eq(other, wanted), i8x16.le_u(other, control))) << 16);
    if (hits !== 0) return from + <usize>ctz(hits);
    from += 32;
  }
}

/** The same where a backslash hides the byte after it, unless that is a control character. */
function findUnescaped(at: usize, step: usize): usize {
  const wanted = v128.load8_splat(step, stepByte);
  const control = i8x16.splat(0x1f);
  const hiding = i8x16.splat(backslash);
  let from = at;
  while (true) {
    const block = v128.load(from);
    const hits = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(block, wanted), i8x16.eq(block, hiding)), i8x16.le_u(block, control)),
    );
    if (hits === 0) {
      from += 16;
      continue;
    }
    from += <usize>ctz(hits);
    if (load<u8>(from) !== backslash || load<u8>(from, 1) < space) return from;
    from += 2;
  }
}

/** Whether `, ` or ` : ` stands before a value, of which its start is then not certain. */
function isBehindSeparator(start: usize): bool {
  const before = load<u8>(start - 2);
  return before === comma || (before === colon && load<u8>(start - 3) === space);
}

/** The line feed. */
function findEnd(at: usize): usize {
  const wanted = i8x16.splat(lineFeed);
  let from = at;
  while (true) {
    const hits = i8x16.bitmask(i8x16.eq(v128.load(from), wanted));
    if (hits !== 0) return from + <usize>ctz(hits);
    from += 16;
  }
}

function isLiteral(step: usize, at: usize): bool {
  if (((load<u64>(at) ^ load<u64>(step, stepHead)) & load<u64>(step, stepMask)) !== 0) return false;
  const length = <usize>load<u32>(step, stepLength);
  if (length <= 8) return true;
  const text = <usize>load<u32>(step, stepText);
  for (let i: usize = 8; i < length; i++) if (load<u8>(at + i) !== load<u8>(text + i)) return false;
  return true;
}

function isDigit(byte: u8): bool {
  return byte - 0x30 <= 9;
}
