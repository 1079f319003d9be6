import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The lab's child processes run compiled JavaScript.
    globalSetup: ['test/build-once.ts'],
    // Most files wait for processes and sockets; more at once would disturb the ones that measure times.
    maxWorkers: 2,
    // Some tests measure real processes with a real clock. On a shared CI machine one may be disturbed; it is told so.
    retry: process.env.CI === undefined ? 0 : 1,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
