import { describe, expect, it } from 'vitest';
import { type PlacedRequest, PlacementCheck } from '../../src/distribution/placement-check.js';

const [a, b] = ['10.0.0.1:80', '10.0.0.2:80'];

function checkOf(placed: readonly Partial<PlacedRequest>[], failureMs = 11_000, isKeyed = true) {
  const check = new PlacementCheck({ addresses: [a, b], isKeyed, failureMs });
  for (const [index, one] of placed.entries()) {
    check.record({
      index,
      startMs: one.endMs ?? index,
      endMs: index,
      backend: a,
      key: '/x',
      predicted: a,
      showsFailure: false,
      ...one,
    });
  }
  return check.result();
}

describe('the placement check', () => {
  it('leaves out what was sent while a failure could still keep it elsewhere, however late it ended', () => {
    const failure = { endMs: 0, showsFailure: true };
    const sent = (startMs: number) => ({ startMs, endMs: 11_020, backend: b });
    expect(checkOf([failure, sent(10_999)])).toMatchObject({ checked: 0, notComparable: 2 });
    expect(checkOf([failure, sent(11_000)])).toMatchObject({ checked: 1, asPredicted: 0 });
  });

  it('counts what is as predicted and names the first that is not', () => {
    const prediction = checkOf([{}, { backend: b, key: '/y' }, {}, { backend: b, key: '/z' }]);
    expect(prediction).toMatchObject({ checked: 4, asPredicted: 2, mispredicted: 0.5, notComparable: 0 });
    expect(prediction.firstMismatch).toEqual({ request: 1, key: '/y', expected: a, actual: b });
  });

  it('has no ratio when nothing could be checked', () => {
    expect(checkOf([])).toMatchObject({ checked: 0, mispredicted: undefined, firstMismatch: undefined });
    expect(checkOf([{ predicted: undefined }])).toMatchObject({ mispredicted: undefined, notComparable: 1 });
  });

  it('counts keys by backend, and those seen on two', () => {
    const { keys } = checkOf([
      { key: '/1' },
      { key: '/2', backend: b, predicted: b },
      { key: '/1', backend: b },
      { key: '/3' },
      { key: '' },
    ]);
    expect(keys).toEqual({
      distinct: 3,
      perBackend: [
        { address: a, count: 2 },
        { address: b, count: 1 },
      ],
      moved: 1,
      movedRatio: 1 / 3,
      capped: false,
    });
    expect(checkOf([{}], 0, false).keys).toBeUndefined();
  });

  it('does not compare while a failed server may be out', () => {
    // fail_timeout 10 s and one for whole seconds: up to 11,005 ms.
    const prediction = checkOf([
      { endMs: 0 },
      { endMs: 5, backend: b, showsFailure: true },
      { endMs: 11_004, backend: b },
      { endMs: 11_005 },
    ]);
    expect(prediction).toMatchObject({
      checked: 2,
      asPredicted: 2,
      notComparable: 2,
      firstMismatch: undefined,
    });
  });

  it('forgives a mismatch that a failure explains a moment later, and no older one', () => {
    const late = checkOf([
      { endMs: 0, backend: b },
      { endMs: 400, showsFailure: true },
    ]);
    expect(late).toMatchObject({ checked: 0, notComparable: 2, firstMismatch: undefined });
    const old = checkOf([
      { endMs: 0, backend: b },
      { endMs: 5_000, showsFailure: true },
    ]);
    expect(old).toMatchObject({
      checked: 1,
      asPredicted: 0,
      notComparable: 1,
      firstMismatch: { request: 0 },
    });
  });

  it('keeps the first mismatch while others follow', () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ endMs: index * 300, backend: b }));
    expect(checkOf(many)).toMatchObject({ checked: 100, asPredicted: 0, firstMismatch: { request: 0 } });
    const failing = checkOf([...many, { endMs: 30_000, showsFailure: true }]);
    expect(failing.firstMismatch?.request).toBe(0);
    // At most the mismatches of some three seconds are forgiven, each 300 ms apart.
    expect(failing.checked).toBeGreaterThanOrEqual(88);
    expect(failing.checked).toBeLessThan(100);
  });

  it('counts a failure without a backend too', () => {
    const prediction = checkOf([
      { backend: undefined, showsFailure: true },
      { endMs: 10, backend: b },
    ]);
    expect(prediction).toMatchObject({ checked: 0, notComparable: 1 });
  });
});
