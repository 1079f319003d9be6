import { accessSync, constants } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { describe } from 'vitest';

const candidates = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = candidates.find((path) => path !== undefined && isExecutable(path));
const required = process.env.LBBENCH_REQUIRE_ALL === '1';

if (executablePath === undefined && !required) {
  console.warn(
    'Chromium is not installed: its integration tests are left out (apt install chromium, or set CHROMIUM_PATH)',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A `describe` for tests in a real browser. Without one they are left out, or fail under LBBENCH_REQUIRE_ALL=1. */
export const describeWithChromium = describe.skipIf(executablePath === undefined && !required);

/** Starts Chromium without a window and without anything it would fetch by itself. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath ?? '/usr/bin/chromium',
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync', '--no-first-run'],
    ],
  });
}
