/**
 * max over the expected backends of abs(share / expected share - 1), where share is of all values, also of those that
 * nothing was expected of: what they took is missing elsewhere and shows there. Their own ratio would be infinite and is
 * left out. `undefined` when there is nothing to compare: no values, or no expected share.
 */
export function skewOf(
  parts: readonly { readonly value: number; readonly expectedShare: number | undefined }[],
): number | undefined {
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  if (!(total > 0)) return undefined;
  let skew: number | undefined;
  for (const { value, expectedShare } of parts) {
    if (expectedShare === undefined || expectedShare <= 0) continue;
    skew = Math.max(skew ?? 0, Math.abs(value / total / expectedShare - 1));
  }
  return skew;
}
