/** The browser of the tests: the Chromium that is installed, never one that a package brings along. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** The shell first: it is the same engine without windows, and takes a quarter less work. */
const PLACES = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
/** It runs as whoever runs the tests, and asks nobody for anything. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const found = [process.env.OPENCOTA_TEST_CHROMIUM ?? '', ...PLACES].find((path) => existsSync(path));

if (found === undefined && process.env.CI === 'true')
  throw new Error('There is no Chromium for the tests of the console: install the package `chromium`.');

/** Why tests that need a browser are skipped here; false: they run. */
export const WITHOUT_CHROMIUM: string | false = found === undefined && 'there is no Chromium on this machine';

export async function launchChromium(): Promise<Browser> {
  if (found === undefined) throw new Error('There is no Chromium on this machine.');
  return chromium.launch({ executablePath: found, args: ARGUMENTS });
}
