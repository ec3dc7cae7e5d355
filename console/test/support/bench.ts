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
import type { Browser, Page } from 'playwright-core';
import { CONSOLE_DIRECTORY } from '../../../server/src/http/console.ts';
import type { ApiClient } from '../../../server/test/support/api-client.ts';
import { launchChromium } from './chromium.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Only a failure reaches it. */
const WITHIN_MS = 30_000;
/** Of the same origin, so that its storage can be written before the console runs. */
const ADDRESS_WITHOUT_CONSOLE = '/favicon.svg';
const DESKTOP = { width: 1366, height: 768 };
export const TELEPHONE = { width: 390, height: 844 };

export type Look = { language?: 'en' | 'zh'; theme?: 'light' | 'dark' };
export type OpenOptions = Look & {
  /** Whose session; without it nobody is signed in. */
  as?: ApiClient;
  viewport?: { width: number; height: number };
  /** With nothing in its cache. */
  isFresh?: boolean;
};

export type Bench<Server> = {
  readonly server: Server;
  /**
   * A page that shows nothing yet, of a browser that knows nobody. No other page of the test shares that browser;
   * an earlier test may have, because reading all scripts anew is what costs most.
   */
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
  const opened: Page[] = [];
  /** Each in a browser context of its own. */
  const idle: Page[] = [];
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
    const pages = opened.splice(0);
    const kept = isFailed
      ? []
      : pages.filter((page) => !page.isClosed() && page === page.context().pages()[0]);
    await Promise.all(pages.filter((page) => !kept.includes(page)).map((page) => page.close()));
    idle.push(...kept);
    const provoked = tolerated.splice(0);
    const unexpected = faults.splice(0).filter((fault) => !provoked.some((pattern) => pattern.test(fault)));
    assert.deepEqual(unexpected, []);
  });
  const newPage = async () => {
    const context = await browser.newContext({ baseURL: server.baseUrl, reducedMotion: 'reduce' });
    context.setDefaultTimeout(WITHIN_MS);
    context.on('page', (page) => {
      opened.push(page);
      watch(page, server.baseUrl, faults);
    });
    return context.newPage();
  };
  const blank = async (options: OpenOptions = {}) => {
    const { as, language = 'en', theme = 'light', viewport = DESKTOP, isFresh = false } = options;
    const used = isFresh ? undefined : idle.pop();
    if (used !== undefined) opened.push(used);
    const page = used ?? (await newPage());
    const context = page.context();
    await context.clearCookies();
    if (as !== undefined)
      await context.addCookies([{ name: 'opencota-session', value: as.token, url: server.baseUrl }]);
    await page.setViewportSize(viewport);
    await page.goto(ADDRESS_WITHOUT_CONSOLE);
    await page.evaluate(forgetAllBut, { 'opencota.preferences': JSON.stringify({ language, theme }) });
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

/** Runs in the page: what earlier tests kept there is gone. */
function forgetAllBut(kept: Record<string, string>): void {
  sessionStorage.clear();
  localStorage.clear();
  for (const [key, value] of Object.entries(kept)) localStorage.setItem(key, value);
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
async function keepPictures(test: { name: string }, pages: readonly Page[]): Promise<void> {
  const directory = join(ROOT, 'node_modules/.cache/console-tests');
  mkdirSync(directory, { recursive: true });
  const name = test.name.replaceAll(/[^\w]+/g, '-').slice(0, 80);
  await Promise.allSettled(
    pages.map((page, index) => page.screenshot({ path: join(directory, `${name}-${index}.png`) })),
  );
}
