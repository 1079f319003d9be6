const degree = 31;
const separation = 3;

/**
 * C's `random()` of the GNU C library after `srandom(seed)`: the generator behind nginx's random method on
 * most Linux systems, so that its picks can be repeated. nginx seeds each worker with
 * `(pid << 16) ^ seconds ^ milliseconds` of its start. Seed 1, also taken for 0, gives 1804289383, 846930886,
 * 1681692777. Returns integers from 0 to 2^31 - 1.
 */
export function glibcRandom(seed: number): () => number {
  const state = new Int32Array(degree);
  // Lehmer's generator by Schrage's method, in C's signed 32-bit arithmetic.
  let word = seed >>> 0 === 0 ? 1 : seed | 0;
  state[0] = word;
  for (let index = 1; index < degree; index += 1) {
    word = 16_807 * (word % 127_773) - 2_836 * Math.trunc(word / 127_773);
    if (word < 0) word += 2_147_483_647;
    state[index] = word;
  }
  let front = separation;
  let rear = 0;
  const next = (): number => {
    const sum = ((state[front] ?? 0) + (state[rear] ?? 0)) | 0;
    state[front] = sum;
    front = (front + 1) % degree;
    rear = (rear + 1) % degree;
    return sum >>> 1;
  };
  for (let discarded = 0; discarded < 10 * degree; discarded += 1) next();
  return next;
}
