import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The lab's child processes run compiled JavaScript.
    globalSetup: ['test/build-once.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
