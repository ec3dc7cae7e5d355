/**
 * A whole server with the console that was built, and one browser, for all tests of a file.
 *
 * Whatever a page should never do fails the test in which it does it: an uncaught error, a word of complaint in
 * its console (a broken Content-Security-Policy is one), a request to another host, an answer with a fault of the
 * server. A refusal of the API is none of these: the page is to say it.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { CONSOLE_DIRECTORY } from '../../../server/src/http/console.ts';
import type { ApiClient } from '../../../server/test/support/api-client.ts';
import { launchChromium } from './chromium.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Only a failure reaches it. */
const WITHIN_MS = 30_000;
const DESKTOP = { width: 1366, height: 768 };
export const TELEPHONE = { width: 390, height: 844 };

export type Look = { language?: 'en' | 'zh'; theme?: 'light' | 'dark' };
export type OpenOptions = Look & {
  /** Whose session; without it nobody is signed in. */
  as?: ApiClient;
  viewport?: { width: number; height: number };
};

export type Bench<Server> = {
  readonly server: Server;
  /** A page of a browser of its own, that nobody used before and that went nowhere yet. */
  blank(options?: OpenOptions): Promise<Page>;
  /** The same, at an address of the console. */
  open(path: string, options?: OpenOptions): Promise<Page>;
  /** The test itself provokes this complaint. */
  tolerate(complaint: RegExp): void;
};

type Served = AsyncDisposable & { readonly baseUrl: string };

/** Hooks of the suite it is called in. Its members are there as soon as tests run. */
export function useBench<Server extends Served>(start: () => Promise<Server>): Bench<Server> {
  let server: Server;
  let browser: Browser;
  const opened: { context: BrowserContext; page: Page }[] = [];
  const faults: string[] = [];
  const tolerated: RegExp[] = [];

  before(async () => {
    assert.ok(existsSync(join(CONSOLE_DIRECTORY, 'index.html')), 'npm run build:console comes first');
    [server, browser] = await Promise.all([start(), launchChromium()]);
  });
  after(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });
  afterEach(async (test) => {
    const isFailed = 'passed' in test && !test.passed;
    if (isFailed) await keepPictures(test, opened);
    await Promise.all(opened.splice(0).map(({ context }) => context.close()));
    const provoked = tolerated.splice(0);
    const unexpected = faults.splice(0).filter((fault) => !provoked.some((pattern) => pattern.test(fault)));
    assert.deepEqual(unexpected, []);
  });
  const blank = async ({ as, language = 'en', theme = 'light', viewport = DESKTOP }: OpenOptions = {}) => {
    const { baseUrl } = server;
    const localStorage = [{ name: 'opencota.preferences', value: JSON.stringify({ language, theme }) }];
    const context = await browser.newContext({
      baseURL: baseUrl,
      viewport,
      storageState: { cookies: [], origins: [{ origin: baseUrl, localStorage }] },
    });
    if (as !== undefined)
      await context.addCookies([{ name: 'opencota-session', value: as.token, url: baseUrl }]);
    context.setDefaultTimeout(WITHIN_MS);
    context.on('page', (page) => {
      opened.push({ context, page });
      watch(page, baseUrl, faults);
    });
    const page = await context.newPage();
    return page;
  };
  return {
    get server() {
      return server;
    },
    blank,
    async open(path, options) {
      const page = await blank(options);
      await page.goto(path);
      return page;
    },
    tolerate: (complaint) => void tolerated.push(complaint),
  };
}

function watch(page: Page, baseUrl: string, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    // Chromium itself reports each refusal of the API, and each request that finds no network.
    const { url } = message.location();
    const isRefusal = message.text().startsWith('Failed to load resource') && url.includes('/api/v1/');
    if (!isRefusal) faults.push(`console: ${message.text()} (${url})`);
  });
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (/^https?:|^wss?:/.test(protocol) && origin !== baseUrl) faults.push(`request to ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 500) faults.push(`${response.status()} from ${response.url()}`);
  });
}

/** What the pages looked like when a test failed. */
async function keepPictures(test: { name: string }, pages: readonly { page: Page }[]): Promise<void> {
  const directory = join(ROOT, 'node_modules/.cache/console-tests');
  mkdirSync(directory, { recursive: true });
  const name = test.name.replaceAll(/[^\w]+/g, '-').slice(0, 80);
  await Promise.allSettled(
    pages.map(({ page }, index) => page.screenshot({ path: join(directory, `${name}-${index}.png`) })),
  );
}
