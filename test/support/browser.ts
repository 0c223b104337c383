import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

if (!EXECUTABLE)
  process.stderr.write(
    '\n  NO CHROMIUM: the tests of pages in a real browser do not run here.\n\n',
  );

/** For tests that need a real browser; without one they are reported as skipped, and loudly. */
export const describeInBrowser = EXECUTABLE ? describe : describe.skip;

/** Chromium that speaks to nobody but the page it is shown. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
