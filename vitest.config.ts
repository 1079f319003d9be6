import { defineConfig } from 'vitest/config';

/** Those that start nginx, a browser or the whole program: right, and slow. */
const real = ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/hostile/kills.test.ts'];

export default defineConfig({
  test: {
    // The lab's child processes run compiled JavaScript.
    globalSetup: ['test/build-once.ts'],
    // Most files wait for processes and sockets; more at once would disturb the ones that measure times.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      { extends: true, test: { name: 'core', include: ['test/**/*.test.ts'], exclude: real } },
      { extends: true, test: { name: 'real', include: real } },
    ],
  },
});
