/**
 * Warm-up requests are numbered from here, which the run itself never reaches: they draw other paths and bodies than
 * the run, and the run draws the same ones with and without a warm-up.
 */
export const warmupIndexBase = 2 ** 40;
