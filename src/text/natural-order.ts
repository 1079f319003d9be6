const onlyAddress = /^[0-9.:]*$/;
const runs = /[0-9]+|[.:]/g;
let collator: Intl.Collator | undefined;

/**
 * Compares texts as people sort them: numbers in them by value, letters by the English alphabet. Addresses of numbers alone,
 * which nearly all are, do not wait for the tables of Unicode, which take as long to load as many a report to write.
 */
export function naturally(one: string, other: string): number {
  if (one === other) return 0;
  if (onlyAddress.test(one) && onlyAddress.test(other)) return byRuns(one, other);
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(one, other);
}

function byRuns(one: string, other: string): number {
  const ours = one.match(runs) ?? [];
  const theirs = other.match(runs) ?? [];
  for (const [index, our] of ours.entries()) {
    const their = theirs[index];
    if (their === undefined) return 1;
    const order = isNumber(our) && isNumber(their) ? byValue(our, their) : rank(our) - rank(their);
    if (order !== 0) return Math.sign(order);
  }
  return ours.length < theirs.length ? -1 : 0;
}

const isNumber = (run: string) => run !== '.' && run !== ':';

/** A colon comes before a full stop, and both before numbers. */
const rank = (run: string) => (run === ':' ? 0 : run === '.' ? 1 : 2);

/** Numbers of any length. */
function byValue(one: string, other: string): number {
  const [ours, theirs] = [one, other].map((run) => run.replace(/^0+/, '')) as [string, string];
  return ours.length - theirs.length || (ours < theirs ? -1 : ours > theirs ? 1 : 0);
}
