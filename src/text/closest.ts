/** `did you mean "skew"? ` with a trailing space, or nothing when no candidate is near. */
export function didYouMean(text: string, candidates: readonly string[]): string {
  const closest = closestTo(text, candidates);
  return closest === undefined ? '' : `did you mean ${JSON.stringify(closest)}? `;
}

/** The candidate with the smallest edit distance, if that is at most a third of the text's length (and 1 at least). */
export function closestTo(text: string, candidates: readonly string[]): string | undefined {
  const wanted = text.slice(0, 100).toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.slice(0, 100).toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, where no part is edited twice:
 * the optimal string alignment distance (Damerau 1964; Wagner and Fischer 1974).
 */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let distance = Math.min(replaced, at(last, column) + 1, at(current, column - 1) + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, at(beforeLast, column - 2) + 1);
      }
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

/** Every index asked for above is inside the table; the fallback only satisfies the type. */
function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
