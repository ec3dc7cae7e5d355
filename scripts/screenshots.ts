/**
 * Pictures of the console's main screens for the README, taken from the running product with a fleet in the middle
 * of a rollout: `npm run screenshots`. It needs the Chromium that the tests of the console need.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../console/test/support/chromium.ts';
import { type LivelyFleet, seedLivelyFleet } from '../console/test/support/lively-fleet.ts';
import { startTestServer, type TestServer } from '../server/test/support/test-server.ts';
import { packed } from './png.ts';

const DIRECTORY = join(import.meta.dirname, '../docs/images');
const VIEWPORT = { width: 1366, height: 768 };
const FILE_BYTES_MAX = 150 * 1024;
const DEVICES = 240;
const SLOWEST_MS = 120_000;
/** So that the rollout's page has seen some devices finish. */
const WATCHED_MS = 20_000;
/** For fonts and colours to come to rest. */
const STILL_MS = 700;

type Look = { language: 'en' | 'zh'; theme: 'light' | 'dark' };
type Screen = { name: string; path: string; prepare?: (page: Page) => Promise<void> };

const LOOKS: readonly (Look & { suffix: string; only?: readonly string[] })[] = [
  { language: 'en', theme: 'light', suffix: '' },
  { language: 'zh', theme: 'dark', suffix: '.zh', only: ['fleet', 'editor', 'push', 'device', 'rollout'] },
];

function screensOf({ productKey, rolloutId, devices }: LivelyFleet): Screen[] {
  const product = `/products/${productKey}`;
  return [
    { name: 'fleet', path: '/' },
    { name: 'product', path: product },
    { name: 'editor', path: `${product}/config` },
    { name: 'push', path: `${product}/versions/4/push` },
    { name: 'compare', path: `${product}/versions/compare?from=2&to=3` },
    { name: 'devices', path: `${product}/devices` },
    { name: 'device', path: `${product}/devices/${devices.failed}` },
    { name: 'try-it', path: `${product}/try`, prepare: meetDevice },
    {
      name: 'rollout',
      path: `${product}/rollouts/${rolloutId}`,
      prepare: (page) => page.waitForTimeout(WATCHED_MS),
    },
  ];
}

/** A device in the browser that has just asked for its configuration. */
async function meetDevice(page: Page): Promise<void> {
  await page.locator('.try-columns .ant-btn-primary').click();
  const ask = page.locator('.try-columns .ant-btn-primary:not([disabled])');
  await ask.click();
  await page.locator('.try-entry').nth(4).waitFor();
}

async function take(
  browser: Browser,
  server: TestServer,
  screens: readonly Screen[],
  look: Look & { suffix: string },
) {
  const { language, theme, suffix } = look;
  const localStorage = [{ name: 'opencota.preferences', value: JSON.stringify({ language, theme }) }];
  const context = await browser.newContext({
    baseURL: server.baseUrl,
    viewport: VIEWPORT,
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    storageState: { cookies: [], origins: [{ origin: server.baseUrl, localStorage }] },
  });
  await context.addCookies([{ name: 'opencota-session', value: server.admin.token, url: server.baseUrl }]);
  for (const { name, path, prepare } of screens) {
    const page = await context.newPage();
    await page.goto(path);
    await page.locator('h1').waitFor();
    await prepare?.(page);
    await page.mouse.move(0, 0);
    await page.evaluate('scrollTo(0, 0)');
    await page.waitForTimeout(STILL_MS);
    save(join(DIRECTORY, `${name}${suffix}.png`), packed(await page.screenshot()));
    await page.close();
  }
  await context.close();
}

function save(file: string, png: Buffer): void {
  if (png.length > FILE_BYTES_MAX) throw new Error(`${file} would have ${png.length} bytes.`);
  writeFileSync(file, png);
  process.stderr.write(`${file}: ${Math.ceil(png.length / 1024)} KB\n`);
}

mkdirSync(DIRECTORY, { recursive: true });
for (const { only, ...look } of LOOKS) {
  // Each language has a server of its own, where nothing is in the other one.
  await using server = await startTestServer();
  await using fleet = await seedLivelyFleet(server, {
    deviceCount: DEVICES,
    language: look.language,
    slowMs: SLOWEST_MS,
  });
  const browser = await launchChromium();
  const screens = screensOf(fleet).filter((screen) => only === undefined || only.includes(screen.name));
  await take(browser, server, screens, look).finally(() => browser.close());
}
