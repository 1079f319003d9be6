import { pathToFileURL } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';
import { src, withBuiltUrls } from './build/modules.js';

/** Those that start nginx, a browser or the whole program, or try hundreds of bad manners: right, and slow. */
const real = ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/hostile/*.test.ts'];

/** Threads and child processes run what is built, whoever starts them. */
const builtUrls: Plugin = {
  name: 'built-urls',
  enforce: 'pre',
  transform: (text, file) =>
    file.startsWith(src) && text.includes('import.meta.url')
      ? { code: withBuiltUrls(file, text, (path) => pathToFileURL(path).href), map: null }
      : undefined,
};

export default defineConfig({
  plugins: [builtUrls],
  test: {
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
